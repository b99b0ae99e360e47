-- Visits of people to the web site before the run date, whose they were and how they came.
-- The hook reads what the view reads:
-- depends_on: {{ ref('int_events_grouped_to_session_day') }}
-- depends_on: {{ ref('int_visitors_resolved_to_customer') }}

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='visitor_id',
        meta={'feeds': ['web.events']},
        pre_hook="{{ note_touched_visitors() }}",
        post_hook="{{ note_built() }}",
    )
}}

with visits as (

    select
        *,
        lower(utm_medium) as tagged_medium,
        nullif(lower({{ piece_of('referrer', '/', 3) }}), '') as referrer_host

    from {{ ref('int_visits_attributed_to_session') }}
    {%- if is_incremental() %}
    where visitor_id in (select touched.visitor_id from {{ touched() }} as touched)
    {%- endif %}

),

channels_by_medium as (

    select * from {{ ref('channels_by_medium') }}

),

channels_by_host as (

    select
        hosts.referrer_host,
        min(rules.channel) as channel,
        min(rules.medium) as medium

    from (select distinct referrer_host from visits) as hosts
    inner join {{ ref('channels_by_referrer') }} as rules
        on hosts.referrer_host like '%' || rules.host_part || '%'
    group by hosts.referrer_host

),

sessions as (

    select
        visits.session_id,
        visits.visitor_id,
        visits.customer_id,
        visits.started_at,
        visits.ended_at,
        {{ seconds_from('visits.started_at', 'visits.ended_at') }} as duration_seconds,
        visits.events as event_count,
        visits.page_views,
        visits.product_views,
        visits.searches,
        visits.cart_adds,
        visits.purchases,
        visits.events = 1 as is_bounce,
        visits.has_checkout,
        visits.has_purchase,
        visits.is_abandoned_cart,
        visits.entry_page,
        visits.exit_page,
        visits.device_type,
        case
            when visits.tagged_medium is not null
                then coalesce(channels_by_medium.channel, 'other')
            when visits.referrer is not null
                then coalesce(channels_by_host.channel, 'referral')
            else 'direct'
        end as channel,
        coalesce(visits.utm_source, visits.referrer_host, 'direct') as source_name,
        case
            when visits.tagged_medium is not null then visits.tagged_medium
            when visits.referrer is not null then coalesce(channels_by_host.medium, 'referral')
            else 'none'
        end as medium,
        visits.utm_source,
        visits.utm_medium,
        visits.utm_campaign,
        visits.first_delivered_date,
        visits.last_delivered_date

    from visits
    left join channels_by_medium on visits.tagged_medium = channels_by_medium.utm_medium
    left join channels_by_host using (referrer_host)

)

select * from sessions

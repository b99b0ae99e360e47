-- Visits of people to the web site before the run date, whose they were and how they came.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='session_id',
        meta={'feeds': ['web.events'], 'told_by': {'int_identity__owners': 'identifier_key'}},
        pre_hook="{{ note_touched_visits() }}",
        post_hook="{{ note_built() }}",
    )
}}

with session_days as (

    select * from {{ ref('int_events_grouped_to_session_day') }}
    {%- if is_incremental() %}
    where {{ if_reopened() }}
    {%- endif %}

),

known_visitors as (

    select
        visitor_id,
        customer_id

    from {{ ref('int_visitors_resolved_to_customer') }}
    where conflicted_at is null

),

visits as (

    select
        *,
        lower(utm_medium) as tagged_medium,
        {{ host_of('referrer') }} as referrer_host

    from ({{ visits_of_days('session_days') }}) as whole
    where not is_bot

),

channels_by_medium as (

    select * from {{ ref('channels_by_medium') }}

),

channels_by_host as (

    select
        hosts.referrer_host,
        min(rules.channel) as channel,
        min(rules.medium) as medium

    from (
        select distinct {{ host_of('referrer') }} as referrer_host
        from session_days
    ) as hosts
    inner join {{ ref('channels_by_referrer') }} as rules
        on hosts.referrer_host like '%' || rules.host_part || '%'
    group by hosts.referrer_host

),

sessions as (

    select
        visits.session_id,
        visits.visitor_id,
        known_visitors.customer_id,
        visits.started_at,
        visits.ended_at,
        {{ seconds_from('visits.started_at', 'visits.ended_at') }} as duration_seconds,
        visits.events as event_count,
        {%- for column in ['page_views', 'product_views', 'searches', 'cart_adds', 'purchases'] %}
        visits.{{ column }},
        {%- endfor %}
        visits.events = 1 as is_bounce,
        {{ what_came_of('visits') }},
        {%- for column in ['entry_page', 'exit_page', 'device_type'] %}
        visits.{{ column }},
        {%- endfor %}
        {{ how_it_came('visits', 'channels_by_medium', 'channels_by_host') }},
        {%- for column in ['utm_source', 'utm_medium', 'utm_campaign', 'first_delivered_date'] %}
        visits.{{ column }},
        {%- endfor %}
        visits.last_delivered_date

    from visits
    left join known_visitors using (visitor_id)
    left join channels_by_medium on visits.tagged_medium = channels_by_medium.utm_medium
    left join channels_by_host using (referrer_host)

)

select * from sessions
{%- if is_incremental() %}
union all
select * from {{ touched() }}_owned
{%- endif %}

-- Visits of the customers models learn from before each past snapshot date, cut at its midnight; a
-- visitor counts as a customer only where the logins before that date name exactly one. A later
-- login would tell the model the future.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='customer_id',
        meta={
            'feeds': ['web.events'],
            'rebuilt_when_gone': true,
            'told_by': {'int_visitors_sampled_to_training': 'customer_id'},
        },
        pre_hook="{{ note_touched_past_visits() }}",
        post_hook="{{ note_built() }}",
    )
}}

with session_days as (

    select * from {{ ref('int_events_grouped_to_session_day') }}

),

snapshots as (

    select snapshot_date from {{ ref('int_batches_observed_to_snapshot') }}
    where not is_run_date

),

visitors as (

    select * from {{ ref('int_visitors_sampled_to_training') }}
    where {{ if_touched('customer_id', 'customer_id') }}

),

sessions_cut as (

    select
        snapshots.snapshot_date,
        visitors.customer_id,
        session_days.session_id,
        {{ days_between('min(session_days.event_date)', 'snapshots.snapshot_date') }} as age_days,
        {{ days_between('max(session_days.event_date)', 'snapshots.snapshot_date') }}
            as days_since_end,
        sum(session_days.product_views) as product_views,
        sum(session_days.cart_adds) > 0 and sum(session_days.purchases) = 0 as is_abandoned_cart

    from session_days
    inner join visitors using (visitor_id)
    inner join snapshots
        on
            session_days.event_date < snapshots.snapshot_date
            and visitors.resolved_at < snapshots.snapshot_date
            and coalesce(visitors.conflicted_at >= snapshots.snapshot_date, true)
    group by snapshots.snapshot_date, visitors.customer_id, session_days.session_id

),

summarised as (

    select
        snapshot_date,
        customer_id,
        count(*) filter (where age_days <= 30) as sessions_30d,
        count(*) filter (where age_days <= 90) as sessions_90d,
        coalesce(
            sum(product_views) filter (where age_days <= 30), 0
        )::bigint as product_views_30d,
        count(*) filter (where age_days <= 30 and is_abandoned_cart) as abandoned_carts_30d,
        min(days_since_end) as days_since_last_session

    from sessions_cut
    group by snapshot_date, customer_id

)

select * from summarised

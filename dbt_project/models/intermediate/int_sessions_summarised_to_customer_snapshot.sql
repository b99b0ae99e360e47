-- Each customer's visits before each snapshot date; a visitor counts as a customer only where the
-- logins before that date name exactly one. A later login would tell the model the future.
-- On the run date the visits are counted already; only past dates have to cut them at midnight.

with session_days as (

    select * from {{ ref('int_events_grouped_to_session_day') }}

),

snapshots as (

    select snapshot_date from {{ ref('int_batches_observed_to_snapshot') }}
    where not is_run_date

),

learners as (

    select customer_id from {{ ref('int_customers_sampled_to_training') }}

),

-- A condition, not a join: everybody's visitors times the dates would be made first.
visitors as (

    select * from {{ ref('int_visitors_resolved_to_customer') }}
    where customer_id in (select learners.customer_id from learners)

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
    union all
    select
        {{ as_of() }} as snapshot_date,
        customer_id,
        sessions_30d,
        sessions_90d,
        product_views_30d,
        abandoned_carts_30d,
        days_since_last_end as days_since_last_session

    from {{ ref('int_visits_counted_to_customer') }}

)

select * from summarised

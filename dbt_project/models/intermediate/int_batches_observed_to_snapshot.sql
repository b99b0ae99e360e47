-- The dates at which customers are described, and which optional feeds were alive at each.

with snapshots as (

    select
        {{ as_of() }} as snapshot_date,
        true as is_run_date
    {%- for month in closed_months() %}
    union all
    select
        date '{{ month }}' as snapshot_date,
        false as is_run_date
    {%- endfor %}

),

history as (

    select min(ordered_at)::date as first_order_date
    from {{ ref('int_order_lines_summarised_to_order') }}

),

batches as (

    select * from {{ ref('stg_ops__batches') }}

),

usable_snapshots as (

    select snapshots.*
    from snapshots
    cross join history
    where
        snapshots.is_run_date
        or {{ days_between('history.first_order_date', 'snapshots.snapshot_date') }}
        >= {{ var('minimum_history_days') }}

),

observed as (

    select
        usable_snapshots.snapshot_date,
        usable_snapshots.is_run_date,
        coalesce(bool_or(
            batches.source_name = 'web' and batches.entity_name = 'events'
        ), false) as has_web_events,
        coalesce(bool_or(
            batches.source_name = 'marketing' and batches.entity_name = 'campaign_exposures'
        ), false) as has_campaign_exposures,
        coalesce(bool_or(
            batches.source_name = 'marketing' and batches.entity_name = 'coupon_redemptions'
        ), false) as has_coupon_redemptions

    from usable_snapshots
    left join batches
        on
            usable_snapshots.snapshot_date >= batches.delivered_date
            and {{ days_before('usable_snapshots.snapshot_date', var('feed_silence_days')) }}
            < batches.delivered_date
    group by usable_snapshots.snapshot_date, usable_snapshots.is_run_date

)

select * from observed

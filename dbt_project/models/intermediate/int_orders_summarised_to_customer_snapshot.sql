-- Each customer's orders before each snapshot date, in windows of days that end the day before.

with orders as (

    select
        *,
        ordered_at::date as ordered_date

    from {{ ref('int_order_lines_summarised_to_order') }}
    where customer_id is not null

),

snapshots as (

    select snapshot_date from {{ ref('int_batches_observed_to_snapshot') }}

),

orders_seen as (

    select
        orders.*,
        snapshots.snapshot_date,
        {{ days_between('orders.ordered_date', 'snapshots.snapshot_date') }} as age_days

    from orders
    inner join snapshots
        on orders.ordered_date < snapshots.snapshot_date

),

summarised as (

    select
        snapshot_date,
        customer_id,
        min(age_days) as recency_days,
        max(age_days) as tenure_days,
        count(*) as orders_to_date,
        count(*) filter (where age_days <= 30) as orders_30d,
        count(*) filter (where age_days <= 90) as orders_90d,
        count(*) filter (where age_days <= 365) as orders_365d,
        count(distinct store_id) filter (where age_days <= 90) as distinct_stores_90d,
        count(*) filter (
            where age_days <= 365 and {{ is_weekend('ordered_at') }}
        ) as weekend_orders_365d,
        {%- for days in [30, 90, 365] %}
        coalesce(
            sum(order_amount) filter (where age_days <= {{ days }}), 0
        )::decimal(18, 2) as spend_{{ days }}d_amount,
        {%- endfor %}
        {%- for amount in ['retail_discount', 'coupon_discount', 'private_label'] %}
        coalesce(
            sum({{ amount }}_amount) filter (where age_days <= 365), 0
        )::decimal(18, 2) as {{ amount }}_365d_amount,
        {%- endfor %}
        coalesce(sum(product_count) filter (where age_days <= 365), 0)::bigint as products_365d

    from orders_seen
    group by snapshot_date, customer_id

)

select * from summarised

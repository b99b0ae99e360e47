-- Each customer's orders before each snapshot date, in windows of days that end the day before.

with orders_by_customer as (

    {{ orders_by_customer(
        ref('int_orders_settled_to_order'), ref('int_guests_recognised_to_order')
    ) }}

),

orders as (

    select
        *,
        case when is_return then 0 else 1 end as sales,
        sold_amount - order_amount as returned_amount

    from orders_by_customer

),

snapshots as (

    select snapshot_date from {{ ref('int_batches_observed_to_snapshot') }}
    where not is_run_date

),

learners as (

    select customer_id from {{ ref('int_customers_sampled_to_training') }}

),

-- In two parts, so that no engine multiplies everyone's orders by the dates before it looks for
-- the few customers whose past is asked for.
orders_of_learners as (

    select orders.*
    from orders
    inner join learners using (customer_id)
    where orders.known_until_at is null
    union all
    select orders.*
    from orders
    inner join learners using (customer_id)
    where orders.known_until_at is not null

),

orders_seen as (

    select
        orders.*,
        {{ as_of() }} as snapshot_date

    from orders
    where orders.known_until_at is null
    union all
    select
        orders.*,
        snapshots.snapshot_date

    from orders_of_learners as orders
    inner join snapshots
        on
            orders.ordered_date < snapshots.snapshot_date
            and {{ was_known('orders', 'snapshots.snapshot_date') }}

),

orders_aged as (

    select
        *,
        {{ days_between('ordered_date', 'snapshot_date') }} as age_days

    from orders_seen
    where
        cancelled_at is null
        or snapshot_date <= cancelled_at::date

),

summarised as (

    select
        snapshot_date,
        customer_id,
        min(case when sales = 1 then age_days end) as recency_days,
        max(case when sales = 1 then age_days end) as tenure_days,
        sum(sales)::bigint as orders_to_date,
        {%- for days in [7, 30, 60, 90, 180, 365] %}
        count(*) filter (where sales = 1 and age_days <= {{ days }}) as orders_{{ days }}d,
        {%- endfor %}
        count(*) filter (
            where sales = 1 and age_days between 337 and 364
        ) as orders_28d_last_year,
        count(distinct store_id) filter (
            where sales = 1 and age_days <= 90
        ) as distinct_stores_90d,
        count(*) filter (
            where sales = 1 and age_days <= 365 and {{ is_weekend('ordered_at') }}
        ) as weekend_orders_365d,
        {%- for days in [30, 60, 90, 180, 365] %}
        greatest(coalesce(
            sum(order_amount) filter (where age_days <= {{ days }}), 0
        ), 0)::decimal(18, 2) as spend_{{ days }}d_amount,
        {%- endfor %}
        {%- for amount in [
            'sold', 'returned', 'retail_discount', 'coupon_discount', 'private_label'
        ] %}
        coalesce(
            sum({{ amount }}_amount) filter (where age_days <= 365), 0
        )::decimal(18, 2) as {{ amount }}_365d_amount,
        {%- endfor %}
        coalesce(sum(product_count) filter (where age_days <= 365), 0)::bigint as products_365d

    from orders_aged
    group by snapshot_date, customer_id
    having sum(sales) > 0

)

select * from summarised

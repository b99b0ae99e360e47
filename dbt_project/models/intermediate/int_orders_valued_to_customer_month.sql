-- Recency, frequency and monetary value as they stood on the first of each past month.

with orders_by_customer as (

    {{ orders_by_customer(
        ref('int_orders_settled_to_order'), ref('int_guests_recognised_to_order')
    ) }}

),

orders as (

    select
        *,
        cancelled_at::date as cancelled_date,
        case when not is_return then ordered_date end as sold_date

    from orders_by_customer

),

months as (

    {% for month in past_months(var('rfm_history_months')) -%}
    select
        date '{{ month }}' as snapshot_date,
        {{ loop.index }} as months_back
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

room as (

    select
        greatest(
            floor({{ var('rfm_history_rows') }} / greatest(count(distinct customer_id), 1)), 1
        ) as months

    from orders

),

months_kept as (

    select months.snapshot_date
    from months
    inner join room
        on months.months_back <= room.months

),

valued as (

    select
        months_kept.snapshot_date,
        orders.customer_id,
        {{ days_between('max(orders.sold_date)', 'months_kept.snapshot_date') }} as recency_days,
        count(orders.sold_date) as frequency_orders,
        sum(orders.order_amount)::decimal(18, 2) as monetary_amount

    from orders
    inner join months_kept
        on
            orders.ordered_date < months_kept.snapshot_date
            and coalesce(orders.cancelled_date >= months_kept.snapshot_date, true)
            and {{ was_known('orders', 'months_kept.snapshot_date') }}
    group by months_kept.snapshot_date, orders.customer_id
    having count(orders.sold_date) > 0

)

select * from valued

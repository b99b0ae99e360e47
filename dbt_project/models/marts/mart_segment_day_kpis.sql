-- The last year day by day, of the customers who make up each segment today.

with customers as (

    select
        customer_id,
        'behaviour' as segmentation,
        coalesce(segment_name, 'No segment') as segment

    from {{ ref('mart_customer_360') }}
    where has_ordered
    union all
    select
        customer_id,
        'rfm' as segmentation,
        rfm_segment as segment

    from {{ ref('mart_customer_360') }}
    where has_ordered

),

orders as (

    select
        *,
        ordered_at::date as day_date,
        order_kind = 'sale' as is_sale

    from {{ ref('fct_orders') }}
    where ordered_at >= {{ days_before(as_of(), 365) }}

),

sessions as (

    select
        *,
        started_at::date as day_date

    from {{ ref('fct_sessions') }}
    where started_at >= {{ days_before(as_of(), 365) }}

),

orders_of_day as (

    select
        orders.day_date,
        customers.segmentation,
        customers.segment,
        count(distinct case when orders.is_sale then orders.customer_id end) as customers,
        count(*) filter (where orders.is_sale) as orders,
        sum(orders.order_amount)::decimal(18, 2) as revenue_amount,
        sum(orders.order_amount + orders.returned_amount)::decimal(18, 2) as sold_amount

    from orders
    inner join customers using (customer_id)
    group by orders.day_date, customers.segmentation, customers.segment

),

sessions_of_day as (

    select
        sessions.day_date,
        customers.segmentation,
        customers.segment,
        count(*) as sessions,
        count(*) filter (where sessions.has_purchase) as converted_sessions

    from sessions
    inner join customers using (customer_id)
    group by sessions.day_date, customers.segmentation, customers.segment

),

kpis as (

    select
        day_date,
        segmentation,
        segment,
        coalesce(orders_of_day.customers, 0) as customers,
        coalesce(orders_of_day.orders, 0) as orders,
        coalesce(orders_of_day.revenue_amount, 0)::decimal(18, 2) as revenue_amount,
        (orders_of_day.sold_amount / nullif(orders_of_day.orders, 0))::decimal(18, 2)
            as average_order_amount,
        sessions_of_day.sessions,
        sessions_of_day.converted_sessions,
        {{ ratio('sessions_of_day.converted_sessions', 'sessions_of_day.sessions') }}
            as conversion_share

    from orders_of_day
    full outer join sessions_of_day using (day_date, segmentation, segment)

)

select * from kpis

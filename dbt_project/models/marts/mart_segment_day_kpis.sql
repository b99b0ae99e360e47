-- The last year day by day, of the customers who make up each segment today. Orders and visits are
-- read once, for every pair of a segment of either kind: a customer is in one pair only, so what is
-- counted of pairs adds up; and by the pair's number, as millions of names are slow to group.

with named as (

    select
        customer_id,
        coalesce(segment_name, 'No segment') as behaviour,
        rfm_segment as rfm

    from {{ ref('mart_customer_360') }}
    where has_ordered

),

customers as (

    select
        *,
        dense_rank() over (order by behaviour, rfm) as pair_number

    from named

),

numbered as (

    select distinct
        pair_number,
        behaviour,
        rfm

    from customers

),

orders_of_pair as (

    select
        orders.ordered_at::date as day_date,
        customers.pair_number,
        count(*) filter (where orders.order_kind = 'sale') as orders,
        sum(orders.order_amount) as revenue_amount,
        sum(orders.order_amount + orders.returned_amount) as sold_amount

    from {{ ref('fct_orders') }} as orders
    inner join customers using (customer_id)
    where orders.ordered_at >= {{ days_before(as_of(), 365) }}
    group by orders.ordered_at::date, customers.pair_number

),

customers_of_pair as (

    select
        days.ordered_date as day_date,
        customers.pair_number,
        count(*) as customers

    from {{ ref('int_orders_spaced_to_customer_day') }} as days
    inner join customers using (customer_id)
    where days.ordered_date >= {{ days_before(as_of(), 365) }}
    group by days.ordered_date, customers.pair_number

),

sessions_of_pair as (

    select
        sessions.started_at::date as day_date,
        customers.pair_number,
        count(*) as sessions,
        count(*) filter (where sessions.has_purchase) as converted_sessions

    from {{ ref('fct_sessions') }} as sessions
    inner join customers using (customer_id)
    where sessions.started_at >= {{ days_before(as_of(), 365) }}
    group by sessions.started_at::date, customers.pair_number

),

pairs as (

    select
        day_date,
        pair_number,
        orders_of_pair.orders,
        orders_of_pair.revenue_amount,
        orders_of_pair.sold_amount,
        customers_of_pair.customers,
        sessions_of_pair.sessions,
        sessions_of_pair.converted_sessions

    from orders_of_pair
    full outer join customers_of_pair using (day_date, pair_number)
    full outer join sessions_of_pair using (day_date, pair_number)

),

kpis as (

    {%- for segmentation in ['behaviour', 'rfm'] %}
    select
        pairs.day_date,
        '{{ segmentation }}' as segmentation,
        numbered.{{ segmentation }} as segment,
        coalesce(sum(pairs.customers), 0)::bigint as customers,
        coalesce(sum(pairs.orders), 0)::bigint as orders,
        coalesce(sum(pairs.revenue_amount), 0)::decimal(18, 2) as revenue_amount,
        (sum(pairs.sold_amount) / nullif(sum(pairs.orders), 0))::decimal(18, 2)
            as average_order_amount,
        sum(pairs.sessions)::bigint as sessions,
        sum(pairs.converted_sessions)::bigint as converted_sessions,
        {{ ratio('sum(pairs.converted_sessions)', 'sum(pairs.sessions)') }} as conversion_share

    from pairs
    inner join numbered using (pair_number)
    group by pairs.day_date, numbered.{{ segmentation }}
    {{ 'union all' if not loop.last }}
    {%- endfor %}

)

select * from kpis

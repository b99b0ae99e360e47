-- Recency, frequency and monetary value of every customer who has ordered, and the name for it.

with orders as (

    select * from {{ ref('fct_orders') }}
    where ordered_at < {{ as_of() }}

),

rfm_segments as (

    select * from {{ ref('rfm_segments') }}

),

orders_summarised_to_customer as (

    select
        customer_id,
        {{ days_between('max(ordered_at)::date', as_of()) }} as recency_days,
        count(*) as frequency_orders,
        sum(order_amount)::decimal(18, 2) as monetary_amount

    from orders
    where customer_id is not null
    group by customer_id

),

scored as (

    select
        *,
        ntile(5) over (order by recency_days desc, customer_id asc) as recency_score,
        ntile(5) over (order by frequency_orders asc, customer_id asc) as frequency_score,
        ntile(5) over (order by monetary_amount asc, customer_id asc) as monetary_score

    from orders_summarised_to_customer

),

valued as (

    select
        *,
        {{ value_score('frequency_score', 'monetary_score') }} as value_score

    from scored

),

named as (

    select
        {{ as_of() }} as as_of,
        valued.customer_id,
        valued.recency_days,
        valued.frequency_orders,
        valued.monetary_amount,
        valued.recency_score,
        valued.frequency_score,
        valued.monetary_score,
        valued.value_score,
        valued.recency_score::varchar
        || valued.frequency_score::varchar
        || valued.monetary_score::varchar as rfm_cell,
        rfm_segments.rfm_segment

    from valued
    left join rfm_segments
        on
            valued.recency_score
            between rfm_segments.recency_score_from and rfm_segments.recency_score_to
            and valued.value_score
            between rfm_segments.value_score_from and rfm_segments.value_score_to

)

select * from named

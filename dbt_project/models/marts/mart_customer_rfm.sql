-- Recency, frequency and monetary value of every customer who has ordered, and the name for it.

with orders as (

    select
        *,
        ordered_at::date as ordered_date,
        order_kind = 'sale' as is_sale

    from {{ ref('fct_orders') }}
    where
        ordered_at < {{ as_of() }}
        and order_kind <> 'cancelled'
        and customer_id is not null

),

rfm_segments as (

    select * from {{ ref('rfm_segments') }}

),

orders_summarised_to_customer as (

    select
        customer_id,
        min(case when is_sale then ordered_date end) as first_order_date,
        max(case when is_sale then ordered_date end) as last_order_date,
        count(*) filter (where is_sale) as frequency_orders,
        sum(order_amount)::decimal(18, 2) as monetary_amount

    from orders
    group by customer_id
    having count(*) filter (where is_sale) > 0

),

measured as (

    select
        *,
        {{ days_between('last_order_date', as_of()) }} as recency_days,
        {{ days_between('first_order_date', 'last_order_date') }} as clv_recency_days,
        {{ days_between('first_order_date', as_of()) }} as clv_age_days,
        frequency_orders - 1 as clv_repeat_orders

    from orders_summarised_to_customer

),

scored as (

    select
        *,
        {{ rfm_scores() }}

    from measured

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
        rfm_segments.rfm_segment,
        valued.first_order_date,
        valued.last_order_date,
        valued.clv_recency_days,
        valued.clv_age_days,
        valued.clv_repeat_orders

    from valued
    left join rfm_segments
        on
            valued.recency_score
            between rfm_segments.recency_score_from and rfm_segments.recency_score_to
            and valued.value_score
            between rfm_segments.value_score_from and rfm_segments.value_score_to

)

select * from named

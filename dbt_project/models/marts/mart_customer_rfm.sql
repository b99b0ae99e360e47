-- Recency, frequency and monetary value of every customer who has ordered, and the name for it.

with measured as (

    select * from {{ ref('int_orders_measured_to_customer') }}

),

rfm_cells as (

    {{ rfm_cells(ref('rfm_segments')) }}

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
        rfm_cells.rfm_segment,
        valued.first_order_date,
        valued.last_order_date,
        valued.clv_recency_days,
        valued.clv_age_days,
        valued.clv_repeat_orders

    from valued
    left join rfm_cells
        on
            valued.recency_score = rfm_cells.recency_score
            and valued.value_score = rfm_cells.value_score

)

select * from named

-- RFM on the first of each past month and on the run date: who moved, when, from where to where.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='snapshot_date',
        meta={
            'feeds': [],
            'told_by': {'int_orders_valued_to_customer_month': 'snapshot_date'},
        },
        pre_hook="{{ note_touched_history() }}",
        post_hook="{{ note_built() }}",
    )
}}

with past as (

    select * from {{ ref('int_orders_valued_to_customer_month') }}
    where {{ if_touched('snapshot_date', 'snapshot_date') }}

),

today as (

    select * from {{ ref('mart_customer_rfm') }}

),

rfm_cells as (

    {{ rfm_cells(ref('rfm_segments')) }}

),

scored as (

    select
        *,
        {{ rfm_scores(within='snapshot_date') }}

    from past

),

named as (

    select
        scored.*,
        rfm_cells.rfm_segment

    from scored
    left join rfm_cells
        on
            scored.recency_score = rfm_cells.recency_score
            and {{ value_score('scored.frequency_score', 'scored.monetary_score') }}
            = rfm_cells.value_score

),

history as (

    select
        snapshot_date,
        customer_id,
        recency_days,
        frequency_orders,
        monetary_amount,
        recency_score,
        frequency_score,
        monetary_score,
        rfm_segment

    from named
    union all
    select
        as_of as snapshot_date,
        customer_id,
        recency_days,
        frequency_orders,
        monetary_amount,
        recency_score,
        frequency_score,
        monetary_score,
        rfm_segment

    from today

)

select * from history

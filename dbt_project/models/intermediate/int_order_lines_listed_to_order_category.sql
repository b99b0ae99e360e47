-- Which product categories each customer bought from in which order: of everyone lately, and of the
-- customers that models learn from always.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='order_id',
        meta={
            'feeds': [],
            'told_by': {
                'int_orders_settled_to_order': 'order_id',
                'int_guests_recognised_to_order': 'order_id',
                'int_customers_sampled_to_training': 'customer_id',
            },
            'tells': ['customer_id'],
        },
        pre_hook="{{ note_touched_lists() }}",
        post_hook="{{ note_built() }}",
    )
}}

-- The hook reads, and is told by:
-- depends_on: {{ ref('int_orders_settled_to_order') }}

{% set order_lines = 'touched_lines' if is_incremental() else ref('stg_shop__order_lines') %}

with learners as (

    select
        customer_id,
        true as is_learner

    from {{ ref('int_customers_sampled_to_training') }}

),

products as (

    select
        product_id,
        product_category

    from {{ ref('stg_shop__products') }}
    where product_category is not null

),

{% if is_incremental() %}
-- Looked for once; of everyone's, two parts of the table are read faster than one is kept.
touched_lines as (

    select
        order_id,
        customer_id,
        product_id,
        quantity,
        ordered_at

    from {{ ref('stg_shop__order_lines') }}
    where {{ if_touched('order_id', 'order_id') }}

),

{% endif %}
bought_by_name as (

    select distinct
        order_lines.order_id,
        order_lines.customer_id,
        order_lines.ordered_at::date as ordered_date,
        products.product_category

    from {{ order_lines }} as order_lines
    inner join products using (product_id)
    left join learners using (customer_id)
    where
        order_lines.quantity > 0
        and order_lines.customer_id is not null
        and (
            learners.is_learner
            or order_lines.ordered_at >= {{ listed_of_everyone_since() }}
        )

),

bought_as_guests as (

    select distinct
        order_lines.order_id,
        guests.customer_id,
        order_lines.ordered_at::date as ordered_date,
        products.product_category,
        guests.known_since_at,
        guests.known_until_at

    from {{ order_lines }} as order_lines
    inner join {{ ref('int_guests_recognised_to_order') }} as guests using (order_id)
    inner join products using (product_id)
    left join learners on guests.customer_id = learners.customer_id
    where
        order_lines.quantity > 0
        and order_lines.customer_id is null
        and (
            learners.is_learner
            or order_lines.ordered_at >= {{ listed_of_everyone_since() }}
        )

),

categories_bought as (

    select
        *,
        null::timestamp as known_since_at,
        null::timestamp as known_until_at

    from bought_by_name
    union all
    select * from bought_as_guests

)

select * from categories_bought

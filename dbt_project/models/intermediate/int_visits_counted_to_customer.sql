-- Each customer's visits as of the run date: over days, as models count, and over whole weeks.

with visits as (

    select
        customer_id,
        {{ days_between('started_at::date', as_of()) }} as age_days,
        {{ days_between('ended_at::date', as_of()) }} as days_since_end,
        page_views,
        product_views,
        cart_adds,
        is_abandoned_cart

    from {{ ref('int_visits_attributed_to_session') }}
    where customer_id is not null

),

counted as (

    select
        customer_id,
        {%- for days in [28, 30, 84, 90] %}
        count(*) filter (where age_days <= {{ days }}) as sessions_{{ days }}d,
        {%- endfor %}
        {%- for views in ['page_views', 'product_views', 'cart_adds'] %}
        coalesce(sum({{ views }}) filter (where age_days <= 28), 0)::bigint as {{ views }}_28d,
        {%- endfor %}
        coalesce(
            sum(product_views) filter (where age_days <= 30), 0
        )::bigint as product_views_30d,
        {%- for days in [28, 30] %}
        count(*) filter (
            where is_abandoned_cart and age_days <= {{ days }}
        ) as abandoned_carts_{{ days }}d,
        {%- endfor %}
        min(age_days) as days_since_last_start,
        min(days_since_end) as days_since_last_end,
        coalesce(
            {{ weeks_seen('age_days') }} filter (where age_days <= 84), 0
        )::bigint as weeks_visited_84d

    from visits
    group by customer_id

)

select * from counted

-- When in the week, the day and the year each customer orders, and how often of late.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='customer_id',
        meta={'feeds': [], 'told_by': {'int_orders_settled_to_order': 'customer_id'}},
        pre_hook="{{ note_told_or_aged(
            'customer_id', 'int_orders_settled_to_order', 'ordered_at', window_bounds(habit_windows())
        ) }}",
        post_hook="{{ note_built() }}",
    )
}}

with orders as (

    select
        customer_id,
        {{ days_between('ordered_at::date', as_of()) }} as age_days,
        {{ weekday_number('ordered_at') }} as weekday_number,
        extract(hour from ordered_at) as hour,
        not is_return
        and cancelled_at is null
        and {{ lies_in_the_habit_year('ordered_at') }} as is_recent_sale

    from {{ ref('int_orders_settled_to_order') }}
    where customer_id is not null and {{ if_touched('customer_id', 'customer_id') }}

),

counted as (

    select
        customer_id,
        count(case when is_recent_sale then 1 end) as orders_365d,
        {%- for weekday in range(1, 8) %}
        count(
            case when is_recent_sale and weekday_number = {{ weekday }} then 1 end
        ) as orders_on_{{ weekday }},
        {%- endfor %}
        count(case when is_recent_sale and hour < 6 then 1 end) as orders_at_night,
        count(
            case when is_recent_sale and hour between 6 and 11 then 1 end
        ) as orders_in_the_morning,
        count(
            case when is_recent_sale and hour between 12 and 17 then 1 end
        ) as orders_in_the_afternoon,
        count(case when is_recent_sale and hour >= 18 then 1 end) as orders_in_the_evening,
        {{ orders_of_late() }}

    from orders
    group by customer_id

),

profiled as (

    select
        customer_id,
        case when orders_365d > 0 then case greatest(
                    orders_on_1, orders_on_2, orders_on_3, orders_on_4, orders_on_5, orders_on_6,
                    orders_on_7
                )
                    {%- for weekday in range(1, 8) %}
                    when orders_on_{{ weekday }} then {{ weekday }}
                    {%- endfor %}
                end
        end as favourite_weekday,
        case when orders_365d > 0 then case greatest(
                    orders_at_night,
                    orders_in_the_morning,
                    orders_in_the_afternoon,
                    orders_in_the_evening
                )
                    when orders_in_the_morning then 'morning'
                    when orders_in_the_afternoon then 'afternoon'
                    when orders_in_the_evening then 'evening'
                    else 'night'
                end
        end as favourite_daypart,
        orders_28d_last_year,
        orders_28d,
        orders_84d,
        weeks_ordered_84d

    from counted

)

select * from profiled

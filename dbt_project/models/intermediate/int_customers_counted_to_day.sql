-- How many customers ordered on a day, for the first time, and within four weeks of it.

with ordering_days as (

    select * from {{ ref('int_orders_spaced_to_customer_day') }}

),

changes as (

    select
        ordered_date as day_date,
        1 as customers,
        case when ordered_date = first_ordered_date then 1 else 0 end as new_customers,
        1 as active_change

    from ordering_days
    union all
    select
        least(
            coalesce(next_ordered_date, {{ days_before('ordered_date', -28) }}),
            {{ days_before('ordered_date', -28) }}
        ) as day_date,
        0 as customers,
        0 as new_customers,
        -1 as active_change

    from ordering_days

),

summed as (

    select
        day_date,
        sum(customers)::bigint as customers,
        sum(new_customers)::bigint as new_customers,
        sum(active_change)::bigint as active_change

    from changes
    group by day_date

),

counted as (

    select
        day_date,
        customers,
        new_customers,
        sum(active_change) over (
            order by day_date
            rows between unbounded preceding and current row
        )::bigint as active_customers_28d

    from summed

)

select * from counted

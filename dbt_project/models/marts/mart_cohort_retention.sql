-- Customers by the month of their first order, and how many of them ordered again month by month.

with ordering_days as (

    select * from {{ ref('int_orders_spaced_to_customer_day') }}

),

customer_months as (

    select
        customer_id,
        date_trunc('month', first_ordered_date)::date as cohort_month,
        date_trunc('month', ordered_date)::date as ordered_month,
        sum(orders)::bigint as orders

    from ordering_days
    group by
        customer_id,
        date_trunc('month', first_ordered_date),
        date_trunc('month', ordered_date)

),

months as (

    select distinct ordered_month from customer_months

),

cohorts as (

    select
        cohort_month,
        count(*) as cohort_customers

    from customer_months
    where cohort_month = ordered_month
    group by cohort_month

),

came_back as (

    select
        cohort_month,
        ordered_month,
        count(*) as customers,
        sum(orders)::bigint as orders

    from customer_months
    group by cohort_month, ordered_month

),

retained as (

    select
        cohorts.cohort_month,
        months.ordered_month as activity_month,
        {{ months_from('cohorts.cohort_month', 'months.ordered_month') }}::integer
            as months_since_first,
        cohorts.cohort_customers,
        coalesce(came_back.customers, 0) as customers,
        coalesce(came_back.orders, 0) as orders,
        {{ ratio('coalesce(came_back.customers, 0)', 'cohorts.cohort_customers') }}
            as retained_share,
        months.ordered_month < date_trunc('month', {{ as_of() }})::date as is_complete_month

    from cohorts
    inner join months
        on cohorts.cohort_month <= months.ordered_month
    left join came_back
        on
            cohorts.cohort_month = came_back.cohort_month
            and months.ordered_month = came_back.ordered_month

)

select * from retained

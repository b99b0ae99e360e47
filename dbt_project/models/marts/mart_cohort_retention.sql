-- Customers by the month of their first order, and how many of them ordered again month by month.

with ordering_days as (

    select
        date_trunc('month', first_ordered_date)::date as cohort_month,
        date_trunc('month', ordered_date)::date as ordered_month,
        date_trunc('month', next_ordered_date)::date as next_ordered_month,
        orders

    from {{ ref('int_orders_spaced_to_customer_day') }}

),

-- A customer is counted in a month by the last day of it, which no other of the month follows.
came_back as (

    select
        cohort_month,
        ordered_month,
        count(
            case when coalesce(next_ordered_month > ordered_month, true) then 1 end
        ) as customers,
        sum(orders)::bigint as orders

    from ordering_days
    group by cohort_month, ordered_month

),

months as (

    select distinct ordered_month from came_back

),

cohorts as (

    select
        cohort_month,
        customers as cohort_customers

    from came_back
    where cohort_month = ordered_month

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

-- How likely each customer was, on the run date, not to order again soon.

with churn_scores as (

    select
        as_of,
        customer_id,
        churn_score,
        churn_risk,
        model_version

    from {{ source('ml', 'customer_churn_scores') }}
    where as_of = {{ as_of() }}

)

select * from churn_scores

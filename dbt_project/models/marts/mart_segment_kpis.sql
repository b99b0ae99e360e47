-- What each segment is worth today, by the model's segments and by RFM's names.

with customers as (

    select * from {{ ref('mart_customer_360') }}
    where has_ordered

),

named as (

    select
        *,
        'behaviour' as segmentation,
        coalesce(segment_name, 'No segment') as segment

    from customers
    union all
    select
        *,
        'rfm' as segmentation,
        rfm_segment as segment

    from customers

),

summarised as (

    select
        segmentation,
        segment,
        max(as_of) as as_of,
        count(*) as customers,
        count(*) filter (where recency_days <= 28) as active_customers_28d,
        count(*) filter (where marketing_consent) as reachable_customers,
        sum(orders_90d)::bigint as orders_90d,
        sum(spend_90d_amount)::decimal(18, 2) as spend_90d_amount,
        sum(spend_365d_amount)::decimal(18, 2) as spend_365d_amount,
        sum(monetary_amount)::decimal(18, 2) as monetary_amount,
        sum(frequency_orders)::bigint as frequency_orders,
        sum(sessions_28d)::bigint as sessions_28d,
        count(*) filter (where sessions_28d > 0) as visitors_28d,
        count(*) filter (where sessions_28d > 0 and orders_28d > 0) as converted_visitors_28d,
        count(*) filter (where churn_risk = 'high') as high_risk_customers,
        sum(churn_score)::decimal(18, 6) as churn_score,
        count(churn_score) as scored_customers,
        sum(engagement_score)::bigint as engagement_score

    from named
    group by segmentation, segment

),

kpis as (

    select
        as_of,
        segmentation,
        segment,
        customers,
        {{ ratio('customers', 'sum(customers) over (partition by segmentation)') }}
            as customer_share,
        active_customers_28d,
        reachable_customers,
        orders_90d,
        spend_90d_amount,
        spend_365d_amount,
        {{ ratio('spend_365d_amount', 'sum(spend_365d_amount) over (partition by segmentation)') }}
            as spend_365d_share,
        (monetary_amount / nullif(frequency_orders, 0))::decimal(18, 2) as average_order_amount,
        (spend_365d_amount / customers)::decimal(18, 2) as spend_per_customer_365d_amount,
        sessions_28d,
        {{ ratio('converted_visitors_28d', 'visitors_28d') }} as conversion_28d_share,
        high_risk_customers,
        {{ ratio('churn_score', 'scored_customers') }} as average_churn_score,
        (engagement_score / customers)::decimal(18, 2) as average_engagement_score

    from summarised

)

select * from kpis

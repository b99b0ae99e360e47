{# The calendar of learning: at which dates customers are described. #}

{# Firsts of months, newest first, whose label window has closed by the run date. #}
{%- macro closed_months() -%}
    {%- set today = as_of_day() -%}
    {%- set answered = [var('churn_window_days'), var('purchase_window_days')] | max -%}
    {%- set window = modules.datetime.timedelta(days=answered) -%}
    {%- set months = [] -%}
    {%- for back in range(var('training_months')) -%}
        {%- set number = today.year * 12 + today.month - 1 - back -%}
        {%- set first = modules.datetime.date(number // 12, number % 12 + 1, 1) -%}
        {%- if first + window <= today -%}
            {%- do months.append(first.isoformat()) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(months) -%}
{%- endmacro -%}

{# Firsts of months before the run date, newest first: the days RFM's history stands at. #}
{%- macro past_months(number_of_months) -%}
    {%- set today = as_of_day() -%}
    {%- set months = [] -%}
    {%- for back in range(number_of_months + 1) -%}
        {%- set number = today.year * 12 + today.month - 1 - back -%}
        {%- set first = modules.datetime.date(number // 12, number % 12 + 1, 1) -%}
        {%- if first < today and months | length < number_of_months -%}
            {%- do months.append(first.isoformat()) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- do return(months) -%}
{%- endmacro -%}

{# The columns the churn model learns from, named once so that training and serving cannot differ. #}
{%- macro feature_columns() -%}
    {%- do return([
        'recency_days', 'tenure_days', 'orders_30d', 'orders_90d', 'orders_365d',
        'spend_30d_amount', 'spend_90d_amount', 'spend_365d_amount', 'average_order_amount',
        'average_days_between_orders', 'recency_to_cadence_ratio', 'items_per_order',
        'distinct_categories_90d', 'distinct_stores_90d', 'discount_share', 'coupon_share',
        'private_label_share', 'weekend_share', 'order_trend_ratio', 'sessions_30d',
        'sessions_90d', 'product_views_30d', 'abandoned_carts_30d', 'days_since_last_session',
        'campaigns_90d', 'coupons_redeemed_90d',
    ]) -%}
{%- endmacro -%}

{# What else is known of a customer at a snapshot, for models to come: the churn model does not see
   it, so that a new feature changes no score by itself. #}
{%- macro further_feature_columns() -%}
    {%- do return([
        'orders_7d', 'orders_180d', 'spend_180d_amount', 'orders_31_60d', 'orders_61_90d',
        'spend_trend_ratio', 'spend_season_ratio', 'return_share', 'orders_per_session_90d',
        'expected_orders_30d', 'order_shortfall_30d', 'spend_at_stake_amount',
        'orders_28d_last_year', 'snapshot_month',
    ]) -%}
{%- endmacro -%}

{# What is counted of a customer for those alone, and is no feature by itself. #}
{%- macro counted_for_comparison() -%}
    {%- do return([
        'orders_7d', 'orders_60d', 'orders_180d', 'orders_28d_last_year', 'spend_180d_amount',
        'sold_365d_amount', 'returned_365d_amount',
    ]) -%}
{%- endmacro -%}

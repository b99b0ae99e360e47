{# How things get their names from what was measured; one rule each, read by models and tests. #}

{# Frequency and monetary score as one score of value: their mean, halves rounded up. #}
{%- macro value_score(frequency_score, monetary_score) -%}
    ceil(({{ frequency_score }} + {{ monetary_score }}) / 2.0)::bigint
{%- endmacro -%}

{# What engagement is made of; the weights of each are in the seed engagement_weights. #}
{%- macro engagement_components() -%}
    {%- do return([
        'orders_28d', 'orders_84d', 'visit_freshness_84d', 'sessions_28d', 'product_views_28d',
        'cart_adds_28d', 'coupons_redeemed_84d',
    ]) -%}
{%- endmacro -%}

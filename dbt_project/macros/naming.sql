{# How things get their names from what was measured; one rule each, read by models and tests. #}

{# Frequency and monetary score as one score of value: their mean, halves rounded up. #}
{%- macro value_score(frequency_score, monetary_score) -%}
    ceil(({{ frequency_score }} + {{ monetary_score }}) / 2.0)::bigint
{%- endmacro -%}

{# The marketing channel a visit came through, from its first event; what was paid for wins. #}
{%- macro channel(utm_medium, referrer) -%}
    case
        when lower({{ utm_medium }}) in ('cpc', 'ppc', 'paid', 'paid_search', 'sem')
            then 'paid_search'
        when lower({{ utm_medium }}) in ('display', 'banner', 'cpm', 'retargeting') then 'display'
        when lower({{ utm_medium }}) in ('social', 'paid_social') then 'social'
        when lower({{ utm_medium }}) in ('email', 'newsletter') then 'email'
        when lower({{ utm_medium }}) = 'affiliate' then 'affiliate'
        when lower({{ utm_medium }}) = 'organic' then 'organic_search'
        when {{ utm_medium }} is not null then 'other'
        when
            lower({{ referrer }}) like '%google.%'
            or lower({{ referrer }}) like '%bing.%'
            or lower({{ referrer }}) like '%duckduckgo.%'
            then 'organic_search'
        when {{ referrer }} is not null then 'referral'
        else 'direct'
    end
{%- endmacro -%}

{# What engagement is made of; the weights of each are in the seed engagement_weights. #}
{%- macro engagement_components() -%}
    {%- do return([
        'orders_28d', 'orders_84d', 'visit_freshness_84d', 'sessions_28d', 'product_views_28d',
        'cart_adds_28d', 'coupons_redeemed_84d',
    ]) -%}
{%- endmacro -%}

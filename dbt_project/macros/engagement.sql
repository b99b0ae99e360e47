{# The engagement score's formula, written out from its components; its numbers are in the seed. #}

{# The seed's rows as columns of one row: <component>_weight and <component>_full_at. #}
{%- macro engagement_terms() -%}
    {%- for component in engagement_components() %}
    max(case when component = '{{ component }}' then weight end) as {{ component }}_weight,
    max(case when component = '{{ component }}' then full_at end) as {{ component }}_full_at
    {{- ',' if not loop.last }}
    {%- endfor %}
{%- endmacro -%}

{# Points earned: weight * min(value, full_at) / full_at, nothing for what is unknown. #}
{%- macro engagement_points() -%}
    {%- for component in engagement_components() %}
    case
        when {{ component }} is null or {{ component }}_weight is null then 0
        else (
            {{ component }}_weight * least({{ component }}, {{ component }}_full_at)
            / {{ component }}_full_at
        )::decimal(18, 6)
    end
    {{- ' +' if not loop.last }}
    {%- endfor %}
{%- endmacro -%}

{# Points that could be earned of what is known. #}
{%- macro engagement_possible_points() -%}
    {%- for component in engagement_components() %}
    case when {{ component }} is null then 0 else coalesce({{ component }}_weight, 0) end
    {{- ' +' if not loop.last }}
    {%- endfor %}
{%- endmacro -%}

{# Expressions the models share; quotients are decimal, so that no thread count moves a digit. #}

{# A quotient with six decimals; null where there is nothing to divide by. #}
{%- macro ratio(numerator, denominator) -%}
    (({{ numerator }}) / nullif({{ denominator }}, 0))::decimal(18, 6)
{%- endmacro -%}

{# A number of days in words: 'day', '9 days'; for 'every ...' and 'for ...'. #}
{%- macro days_in_words(days) -%}
    case when {{ days }} = 1 then 'day' else ({{ days }})::bigint || ' days' end
{%- endmacro -%}

{# Words as a parenthesised list of SQL literals, for 'in'. #}
{%- macro text_list(values) -%}
    {%- set literals = [] -%}
    {%- for value in values -%}
        {%- do literals.append("'" ~ (value | string).replace("'", "''") ~ "'") -%}
    {%- endfor -%}
    ({{ literals | join(', ') }})
{%- endmacro -%}

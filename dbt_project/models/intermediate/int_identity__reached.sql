-- Customers that are reached from browsers and addresses along chains of evidence, and since when.
-- A customer is where a chain ends and never a step: a shared browser welds no two customers.
-- The hook reads:
-- depends_on: {{ ref('int_identity__clusters') }}

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='identifier_key',
        meta={
            'feeds': [],
            'told_by': {
                'int_identity__steps': 'from_key',
                'int_identity__direct_claims': 'identifier_key',
            },
            'tells': ['identifier_key'],
        },
        pre_hook="{{ note_told_components(ref('int_identity__clusters')) }}",
        post_hook="{{ note_built() }}",
    )
}}

{%- set steps -%}
    (
        select
            from_key,
            to_key,
            since_at

        from {{ ref('int_identity__steps') }}
        where {{ if_touched('from_key') }}
    )
{%- endset %}

{%- set claims -%}
    (
        select
            identifier_key,
            customer_id,
            since_at

        from {{ ref('int_identity__direct_claims') }}
        where
            until_at is null
            and {{ if_touched('identifier_key') }}
            and identifier_key in (select near.from_key from {{ steps }} as near)
    )
{%- endset %}

{{ reached_customers(claims, steps) }}

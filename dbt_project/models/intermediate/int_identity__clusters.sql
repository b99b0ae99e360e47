-- Browsers and addresses that belong together, whoever's they are: connected components of steps.
-- The hook reads:
-- depends_on: {{ ref('int_identity__links') }}
-- depends_on: {{ ref('stg_crm__identity_corrections') }}

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='identifier_key',
        meta={'feeds': identity_feeds(), 'rebuilt_when_gone': true},
        pre_hook="{{ note_touched_components() }}",
        post_hook="{{ note_built() }}",
    )
}}

{%- set steps -%}
    (
        select
            from_key,
            to_key

        from {{ ref('int_identity__steps') }}
        where {{ if_touched('from_key') }}
    )
{%- endset %}

{{ connected_components(steps) }}

-- Browsers and addresses that belong together, whoever's they are: connected components of steps.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='identifier_key',
        meta={
            'feeds': [],
            'told_by': {'int_identity__steps': 'from_key'},
            'tells': ['identifier_key'],
        },
        pre_hook="{{ note_told_components(this) }}",
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

-- The steps a chain of evidence may take between browsers and addresses, in both directions.
-- What many share is no step: a till's own address would make everybody one guest.

{{
    config(
        materialized='incremental',
        incremental_strategy='replace_touched',
        unique_key='from_key',
        meta={
            'feeds': [],
            'told_by': {'int_identity__browser_links': 'visitor_id'},
            'tells': ['from_key'],
        },
        pre_hook="{{ note_touched_steps() }}",
        post_hook="{{ note_built() }}",
    )
}}

with ends as (

    {{ both_ends(ref('int_identity__links')) }}

),

near as (

    select * from ends
    where {{ if_touched('from_key', 'from_key') }}

),

wide as (

    select from_key
    from ends
    {%- if is_incremental() %}
    where
        {{ if_touched('from_key', 'from_key') }}
        or from_key in (select near.to_key from near)
    {%- endif %}
    group by from_key
    having count(*) > {{ var('identity_most_links') }}

),

steps as (

    select * from near
    where
        from_key not in (select wide.from_key from wide)
        and to_key not in (select wide.from_key from wide)

)

select * from steps

{# What makes two identifiers one customer's: rules that need no judgement, in one place. A matcher
   that judges (probabilistic) would add links with an evidence of its own; nothing else changes. #}

{# An address as it is compared: outer blanks and case say nothing of whose it is. The part before
   the @ is case sensitive by RFC 5321, but no provider of note tells two people apart by it; dots
   and +tags are kept, since some providers do. Null where nothing is left. #}
{%- macro normalised_email(email) -%}
    nullif(lower(trim({{ email }})), '')
{%- endmacro -%}

{# Whether that leaves anything: asked of every row, so without the case. #}
{%- macro has_email(email) -%}
    trim({{ email }}) <> ''
{%- endmacro -%}

{# Whether an event proves anything of its visitor: somebody was logged in, or it placed an order. #}
{%- macro proves_something() -%}
    (customer_id is not null or (event_type = 'purchase' and order_id is not null))
{%- endmacro -%}

{# The moment a snapshot of the CRM speaks for: it holds what was known before its day. #}
{%- macro known_from(delivered_date) -%}
    {{ days_before(delivered_date, 1) }}::timestamp
{%- endmacro -%}

{# An identifier of any type as one key. #}
{%- macro identifier_key(identifier_type, identifier) -%}
    {{ identifier_type }} || ':' || {{ identifier }}
{%- endmacro -%}

{# Whether a key is one of a type: a prefix is found in order, a piece cut off is not. #}
{%- macro is_of_type(key, identifier_type) -%} {{ key }} like '{{ identifier_type }}:%' {%- endmacro -%}

{%- macro identifier_type_of(key) -%} {{ piece_of(key, ':', 1) }} {%- endmacro -%}
{%- macro identifier_of(key) -%} substr({{ key }}, instr({{ key }}, ':') + 1) {%- endmacro -%}

{# The customers that are reached from each identifier along links between identifiers, and since
   when: the earliest moment at which a chain of evidence was whole, that is, over all chains the
   least of their latest links. From `claims` (identifier_key, customer_id, since_at) along `steps`
   (from_key, to_key, since_at), both relations; a step is given in both directions. #}
{%- macro reached_customers(claims, steps) -%}
    {{- return(adapter.dispatch('reached_customers')(claims, steps)) -}}
{%- endmacro -%}

{# Spark has no recursion that updates: as many rounds as chains are long (identity_rounds), and a
   data test that one more would change nothing. #}
{%- macro default__reached_customers(claims, steps) -%}
    with reached_0 as (select identifier_key, customer_id, since_at from {{ claims }})
    {%- for round in range(var('identity_rounds')) %},
    reached_{{ loop.index }} as (
        select identifier_key, customer_id, min(since_at) as since_at
        from (
            select * from reached_{{ round }}
            union all
            select
                steps.to_key as identifier_key,
                reached.customer_id,
                greatest(reached.since_at, steps.since_at) as since_at
            from reached_{{ round }} as reached
            inner join {{ steps }} as steps on reached.identifier_key = steps.from_key
        ) as candidates
        group by identifier_key, customer_id
    )
    {%- endfor %}
    select * from reached_{{ var('identity_rounds') }}
{%- endmacro -%}

{# Relaxation until nothing changes (Bellman-Ford, with the latest link in place of a length): each
   round takes up only what the round before made earlier. The steps are found once, not every round. #}
{%- macro duckdb__reached_customers(claims, steps) -%}
    with recursive found_steps as materialized (
        select * from {{ steps }} as given
    ),
    reached using key (identifier_key, customer_id) as (
        select identifier_key, customer_id, since_at from {{ claims }}
        union
        select
            steps.to_key as identifier_key,
            reached.customer_id,
            min(greatest(reached.since_at, steps.since_at)) as since_at
        from reached
        inner join found_steps as steps on reached.identifier_key = steps.from_key
        left join recurring.reached as known
            on steps.to_key = known.identifier_key and reached.customer_id = known.customer_id
        where coalesce(greatest(reached.since_at, steps.since_at) < known.since_at, true)
        group by steps.to_key, reached.customer_id
    )
    select * from reached
{%- endmacro -%}

{# The connected components of `steps`: each key with the least key it is connected with. #}
{%- macro connected_components(steps) -%}
    {{- return(adapter.dispatch('connected_components')(steps)) -}}
{%- endmacro -%}

{%- macro default__connected_components(steps) -%}
    with labelled_0 as (
        select from_key as identifier_key, least(from_key, min(to_key)) as component_key
        from {{ steps }}
        group by from_key
    )
    {%- for round in range(var('identity_rounds')) %},
    labelled_{{ loop.index }} as (
        select identifier_key, min(component_key) as component_key
        from (
            select * from labelled_{{ round }}
            union all
            select steps.to_key as identifier_key, labelled.component_key
            from labelled_{{ round }} as labelled
            inner join {{ steps }} as steps on labelled.identifier_key = steps.from_key
        ) as candidates
        group by identifier_key
    )
    {%- endfor %}
    select * from labelled_{{ var('identity_rounds') }}
{%- endmacro -%}

{%- macro duckdb__connected_components(steps) -%}
    with recursive found_steps as materialized (
        select * from {{ steps }} as given
    ),
    labelled using key (identifier_key) as (
        select from_key as identifier_key, least(from_key, min(to_key)) as component_key
        from found_steps
        group by from_key
        union
        select steps.to_key as identifier_key, min(labelled.component_key) as component_key
        from labelled
        inner join found_steps as steps on labelled.identifier_key = steps.from_key
        inner join recurring.labelled as known on steps.to_key = known.identifier_key
        where labelled.component_key < known.component_key
        group by steps.to_key
    )
    select * from labelled
{%- endmacro -%}

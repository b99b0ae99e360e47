{# Which identifiers a build of identities makes anew where it goes on from the last one: those of
   which a table before it told that what it says of them is not what it was (macros/told.sql). #}

{# A condition on the key of a row: to be made anew, where a build goes on from the last one. #}
{%- macro if_touched(key, name='identifier_key') -%}
    {%- if is_incremental() -%}
        {{ key }} in (select touched.{{ name }} from {{ touched() }} as touched)
    {%- else -%} true {%- endif -%}
{%- endmacro -%}

{# The temporary table of addresses that a new snapshot gives a customer for the first time, or from
   an earlier day than was known, with both. A snapshot that repeats what was known touches nothing. #}
{%- macro note_touched_addresses() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        select
            came.customer_id,
            came.email,
            came.delivered_date
        from (
            select * from {{ ref('stg_crm__customer_emails') }}
            where {{ came_batches() or 'false' }}
        ) as came
        left join {{ this }} as made using (customer_id, email)
        where coalesce(came.delivered_date < made.first_delivered_date, true)
    {%- endif -%}
{%- endmacro -%}

{# The temporary table of orders that came or went, or an address with them. #}
{%- macro note_touched_order_evidence() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        {{ holding_what_came('int_order_lines_summarised_to_order', 'ordered_at', 'order_id') }}
        union
        {{ come_since_last_build('stg_shop__order_contacts', 'ordered_at', 'order_id') }}
        union
        select order_id from {{ this }}
        where {{ may_hold_what_is_gone() }}
    {%- endif -%}
{%- endmacro -%}

{# The temporary table of browsers of which the web site proves something else than it did, or whose
   orders' customer or address came or went. #}
{%- macro note_touched_browser_links() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        select key_value as visitor_id from ({{ told_keys('int_identity__web_evidence') }}) as told
        union
        select visitor_id from {{ ref('int_identity__web_evidence') }}
        where order_id in (
            {{ holding_what_came('int_order_lines_summarised_to_order', 'ordered_at', 'order_id') }}
            union all
            {{ told_keys('int_identity__order_evidence') }}
        )
        union
        select visitor_id from {{ this }}
        where {{ may_hold_what_is_gone() }}
    {%- endif -%}
{%- endmacro -%}

{# The temporary table of addresses left with orders that came or went, and of those the CRM knows
   since a snapshot that came, or did since one that went. #}
{%- macro note_touched_address_links() -%}
    {%- if is_incremental() -%}
        {%- set changed = changed_batches(model.config.meta.feeds) -%}
        {%- set known_at = known_from('first_delivered_date') -%}
        create or replace temporary table {{ touched() }} as
        select key_value as email from ({{ told_keys('int_identity__order_evidence') }}) as told
        union
        select email from {{ ref('int_identity__crm_addresses') }}
        where {{ was_first_known(known_at, changed.came_days) }}
        union
        select email from {{ this }}
        where evidence = 'crm' and {{ was_first_known('since_at', changed.gone_days) }}
    {%- endif -%}
{%- endmacro -%}
{%- macro was_first_known(moment, days) -%}
    (
        {%- for day in days %}
        {{ moment }} = {{ known_from("date '" ~ day ~ "'") }} or
        {%- endfor %}
        false
    )
{%- endmacro -%}

{# The identifiers that tables of browsers or addresses told of. #}
{%- macro told_identifiers(tellers) -%}
    {%- for identifier_type, name, key in tellers %}
    select {{ identifier_key("'" ~ identifier_type ~ "'", 'told.key_value') }} as identifier_key
    from ({{ told_keys(name, key) }}) as told
    {{ 'union' if not loop.last }}
    {%- endfor -%}
{%- endmacro -%}

{# The temporary table of identifiers whose evidence is other than it was, or decided otherwise. #}
{%- macro note_touched_claims() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        {{ told_identifiers([
            ('visitor', 'int_identity__browser_links', 'visitor_id'),
            ('email', 'int_identity__address_links', 'email'),
        ]) }}
        union
        {{ told_keys('int_identity__decisions') }}
    {%- endif -%}
{%- endmacro -%}

{# Both directions of the links between browsers and addresses. #}
{%- macro both_ends(links) -%}
    select
        identifier_key as from_key,
        {{ identifier_key("'email'", 'email') }} as to_key,
        since_at
    from {{ links }}
    where email is not null
    union all
    select
        {{ identifier_key("'email'", 'email') }} as from_key,
        identifier_key as to_key,
        since_at
    from {{ links }}
    where email is not null
{%- endmacro -%}

{# The temporary table of the ends of links that are not what they were; and of the other ends of
   those that have become too many for a step to lead over, or are no longer. #}
{%- macro note_touched_steps() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }}_ends as
        {{ told_identifiers([
            ('visitor', 'int_identity__browser_links', 'visitor_id'),
            ('email', 'int_identity__browser_links', 'email'),
        ]) }};
        create or replace temporary table {{ touched() }} as
        with ends as (
            select * from ({{ both_ends(ref('int_identity__links')) }}) as links
            where from_key in (select told.identifier_key from {{ touched() }}_ends as told)
        ),
        counted as (
            select from_key, count(*) > {{ var('identity_most_links') }} as is_wide
            from ends
            group by from_key
        )
        select identifier_key as from_key from {{ touched() }}_ends
        union
        select to_key as from_key from ends
        where from_key in (
            select counted.from_key from counted
            where counted.is_wide = (
                counted.from_key in (
                    select made.from_key from {{ this }} as made
                    where made.from_key in (
                        select told.identifier_key from {{ touched() }}_ends as told
                    )
                )
            )
        )
    {%- endif -%}
{%- endmacro -%}

{# The temporary table of what was told, with all of the components it is in, as a table has them. What
   a step that came joins, or one that went parts, has an end of it that was told in every part. #}
{%- macro note_told_components(clusters) -%}
    {%- if is_incremental() -%}
        {{ note_told('identifier_key') }};
        insert into {{ touched() }}
        select identifier_key from {{ clusters }}
        where
            component_key in (
                select near.component_key from {{ clusters }} as near
                where {{ if_touched('near.identifier_key') }}
            )
            and not {{ if_touched('identifier_key') }}
    {%- endif -%}
{%- endmacro -%}

{# Browsers and addresses that something came of since the last build, whatever it says, and the
   first moment of it: a machine's, too, as what came may have made a person's visit one. #}
{%- macro newly_seen() -%}
    select
        identifier_type,
        identifier,
        {{ identifier_key('identifier_type', 'identifier') }} as identifier_key,
        min(seen_at) as seen_at
    from (
        select 'visitor' as identifier_type, visitor_id as identifier, first_event_at as seen_at
        from (
            {{ holding_what_came('int_events_grouped_to_session_day', 'last_event_at') }}
        ) as visits
        union all
        select 'email' as identifier_type, email as identifier, ordered_at as seen_at
        from ({{ come_since_last_build('stg_shop__order_contacts', 'ordered_at') }}) as come
        union all
        select
            'email' as identifier_type,
            email as identifier,
            {{ known_from('first_delivered_date') }} as seen_at
        from {{ ref('int_identity__crm_addresses') }}
        where {{ was_first_known(
            known_from('first_delivered_date'), changed_batches(model.config.meta.feeds).came_days
        ) }}
    ) as came
    group by identifier_type, identifier
{%- endmacro -%}

{# The temporary table of those that may have been seen earlier than was known, or not at all by a
   person: of one known from before, what came later says nothing. So long as nothing went, no person
   used a browser before what came of it here: all of that is a machine's. #}
{%- macro note_newly_seen() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        select came.*
        from ({{ newly_seen() }}) as came
        left join {{ this }} as made using (identifier_key)
        where coalesce(came.seen_at <= made.first_seen_at, true)
    {%- endif -%}
{%- endmacro -%}
{%- macro if_seen_since(moment) -%}
    {%- if is_incremental() -%}
        {{ moment }} >= (
            select min(touched.seen_at) from {{ touched() }} as touched
            where touched.identifier_type = 'visitor'
        )
    {%- else -%} true {%- endif -%}
{%- endmacro -%}

{# The temporary table of identifiers of the map whose owner, component or first sight is another, and
   of customers that the CRM's newest snapshot has otherwise, or no more. #}
{%- macro note_touched_map() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        select
            {{ identifier_type_of('identifier_key') }} as identifier_type,
            {{ identifier_of('identifier_key') }} as identifier,
            identifier_key
        from (
            {%- for name in model.config.meta.told_by if name != 'dim_customers' %}
            select told.key_value as identifier_key from ({{ told_keys(name) }}) as told
            union
            {%- endfor %}
            {{ told_identifiers([('customer', 'dim_customers', 'customer_id')]) }}
        ) as keys
    {%- endif -%}
{%- endmacro -%}

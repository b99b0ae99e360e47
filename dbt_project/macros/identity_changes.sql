{# Which identifiers a build of identities makes anew where it goes on from the last one. #}

{# The feeds that tell who is who. #}
{%- macro identity_feeds() -%}
    {%- do return([
        'web.events', 'shop.order_lines', 'shop.order_contacts', 'crm.customers',
        'crm.identity_corrections',
    ]) -%}
{%- endmacro -%}

{# A condition on the key of a row: to be made anew, where a build goes on from the last one. #}
{%- macro if_touched(key, name='identifier_key') -%}
    {%- if is_incremental() -%}
        {{ key }} in (select touched.{{ name }} from {{ touched() }} as touched)
    {%- else -%} true {%- endif -%}
{%- endmacro -%}

{# When evidence of several relations, each with its moment, was last added to, and the first and
   the last day of the deliveries it is from. #}
{%- macro proven_together(relations) -%}
    {%- set last, first_day, last_day = [], [], [] -%}
    {%- for relation, moment in relations -%}
        {%- do last.append('max(' ~ relation ~ '.' ~ moment ~ ')') -%}
        {%- do first_day.append('min(' ~ relation ~ '.first_delivered_date)') -%}
        {%- do last_day.append('max(' ~ relation ~ '.last_delivered_date)') -%}
    {%- endfor -%}
    {{ greatest_of(last) }} as last_at,
        {{ least_of(first_day) }} as first_delivered_date,
        {{ greatest_of(last_day) }} as last_delivered_date
{%- endmacro -%}
{%- macro greatest_of(values) -%}
    {{ 'greatest(' ~ values | join(', ') ~ ')' if values | length > 1 else values[0] }}
{%- endmacro -%}
{%- macro least_of(values) -%}
    {{ 'least(' ~ values | join(', ') ~ ')' if values | length > 1 else values[0] }}
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

{# Orders whose customer, or whose address, may have come since the last build. #}
{%- macro orders_that_came() -%}
    select order_id from {{ ref('int_order_lines_summarised_to_order') }}
    where {{ may_hold_what_came('ordered_at') }}
    union
    select order_id
    from ({{ come_since_last_build('stg_shop__order_contacts', 'ordered_at') }}) as come
{%- endmacro -%}

{# The temporary table of browsers whose evidence, or whose orders' customer or address, came or went. #}
{%- macro note_touched_browser_links() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        select visitor_id from {{ ref('int_identity__web_evidence') }}
        where
            {{ may_hold_what_came('last_event_at') }}
            or order_id in (select came.order_id from ({{ orders_that_came() }}) as came)
        union
        select visitor_id from {{ this }}
        where {{ may_hold_what_is_gone() }}
    {%- endif -%}
{%- endmacro -%}

{# The temporary table of addresses that came or went, by the CRM or with an order. #}
{%- macro note_touched_address_links() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        select email
        from (
            select email, first_delivered_date, first_delivered_date as last_delivered_date
            from {{ ref('int_identity__crm_addresses') }}
        ) as known
        where {{ is_made_from_any_of(changed_batches(model.config.meta.feeds).came_days) }}
        union
        select email from {{ ref('stg_shop__order_contacts') }}
        where order_id in (select came.order_id from ({{ orders_that_came() }}) as came)
        union
        select email from {{ this }}
        where {{ may_hold_what_is_gone() }}
    {%- endif -%}
{%- endmacro -%}

{# Browsers and addresses of which a link, a step or a decision may have come since the last build.
   What is connected differs from before only where one of these is in it: so long as nothing went,
   their components as they are now are all there is to make anew. #}
{%- macro changed_identifiers() -%}
    with came as (
        select * from {{ ref('int_identity__links') }}
        where {{ may_hold_what_came('last_at') }}
    ),
    came_ends as (
        {{ both_ends('came') }}
    ),
    counted as (
        select identifier_key, count(*) as came_links from came_ends group by identifier_key
    ),
    {#- every link of an end that came: where they have become too many for a step to lead over
        (int_identity__steps), those at the other ends lost one -#}
    ends as (
        select all_ends.* from ({{ both_ends(ref('int_identity__links')) }}) as all_ends
        where identifier_key in (select counted.identifier_key from counted)
    ),
    widened as (
        select counted.identifier_key
        from ends
        inner join counted using (identifier_key)
        group by counted.identifier_key, counted.came_links
        having
            count(*) > {{ var('identity_most_links') }}
            and count(*) - counted.came_links <= {{ var('identity_most_links') }}
    )
    select identifier_key from came
    union
    select identifier_key from came_ends
    union
    select other_key as identifier_key from ends
    where identifier_key in (select widened.identifier_key from widened)
    union
    select {{ identifier_key('identifier_type', 'identifier') }} as identifier_key
    from ({{ come_since_last_build('stg_crm__identity_corrections', 'decided_at') }}) as decided
{%- endmacro -%}
{%- macro both_ends(links) -%}
    select identifier_key, {{ identifier_key("'email'", 'linked') }} as other_key
    from {{ links }}
    where linked_type = 'email'
    union all
    select {{ identifier_key("'email'", 'linked') }} as identifier_key, identifier_key as other_key
    from {{ links }}
    where linked_type = 'email'
{%- endmacro -%}

{# The temporary table of those identifiers, of both names a step has for them. #}
{%- macro note_touched_identifiers() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        select identifier_key, identifier_key as from_key from ({{ changed_identifiers() }}) as changed
    {%- endif -%}
{%- endmacro -%}

{# ... and of all that is connected with them, over steps or as int_identity__clusters found it. #}
{%- macro note_touched_components() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        {{ connected_with('(' ~ changed_identifiers() ~ ')', ref('int_identity__steps')) }}
    {%- endif -%}
{%- endmacro -%}
{%- macro touched_identities() -%}
    with changed as (
        {{ changed_identifiers() }}
    )
    select identifier_key from changed
    union
    select clusters.identifier_key
    from {{ ref('int_identity__clusters') }} as clusters
    where clusters.component_key in (
        select near.component_key from {{ ref('int_identity__clusters') }} as near
        where near.identifier_key in (select changed.identifier_key from changed)
    )
{%- endmacro -%}
{%- macro note_touched_identities() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        {{ touched_identities() }}
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
        from {{ ref('int_events_grouped_to_session_day') }}
        where {{ may_hold_what_came('last_event_at') }}
        union all
        select 'email' as identifier_type, email as identifier, ordered_at as seen_at
        from ({{ come_since_last_build('stg_shop__order_contacts', 'ordered_at') }}) as come
        union all
        select
            'email' as identifier_type,
            email as identifier,
            {{ known_from('first_delivered_date') }} as seen_at
        from (
            select email, first_delivered_date, first_delivered_date as last_delivered_date
            from {{ ref('int_identity__crm_addresses') }}
        ) as known
        where {{ is_made_from_any_of(changed_batches(model.config.meta.feeds).came_days) }}
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

{# The temporary table of identifiers of the map whose owner, component or first sight may be
   another, and of customers that the CRM's newest snapshot has otherwise, or no more. #}
{%- macro note_touched_map() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        select
            {{ identifier_type_of('identifier_key') }} as identifier_type,
            {{ identifier_of('identifier_key') }} as identifier,
            identifier_key
        from (
            {{ touched_identities() }}
            union
            select seen.identifier_key from ({{ newly_seen() }}) as seen
            union
            select {{ identifier_key("'customer'", 'told.key_value') }} as identifier_key
            from ({{ told_keys('dim_customers') }}) as told
        ) as keys
    {%- endif -%}
{%- endmacro -%}

{# Orders: which of them a build makes anew where it goes on from the last one, and whose they were. #}

{# The temporary table of orders of which lines came or went, each with moments of its lines: the
   earliest of all of them, known or come, is where their lines begin in the long table. #}
{%- macro note_touched_order_lines() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }}_came as
        {{ come_since_last_build('stg_shop__order_lines', 'ordered_at', 'order_id, ordered_at') }};
        create or replace temporary table {{ touched() }} as
        select * from {{ touched() }}_came
        union
        select order_id, ordered_at from {{ this }}
        where order_id in (select came.order_id from {{ touched() }}_came as came)
        union
        select order_id, ordered_at from {{ this }}
        where {{ may_hold_what_is_gone() }}
    {%- endif -%}
{%- endmacro -%}

{# The temporary table of orders whose lines came or went, which were called off meanwhile (or are
   no longer: the file that said so was taken back), or whose guest is known for another now. #}
{%- macro note_touched_orders() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }} as
        {{ holding_what_came('int_order_lines_summarised_to_order', 'ordered_at', 'order_id') }}
        union
        select order_id from {{ this }}
        where {{ may_hold_what_is_gone() }}
        union
        select coalesce(made.order_id, cancelled.order_id) as order_id
        from (select * from {{ this }} where cancelled_at is not null) as made
        full join {{ ref('stg_shop__order_cancellations') }} as cancelled using (order_id)
        where made.cancelled_at is distinct from cancelled.cancelled_at
        union
        select coalesce(made.order_id, known.order_id) as order_id
        from (
            select * from {{ this }}
            where is_guest_checkout and customer_id is not null
        ) as made
        full join (
            select * from {{ ref('int_guests_recognised_to_order') }}
            where known_until_at is null
        ) as known using (order_id)
        where made.customer_id is distinct from known.customer_id
    {%- endif -%}
{%- endmacro -%}

{# Orders with each customer they ever counted for and, of a guest's order, in which period. An order
   that names its customer has one row, one of a guest nobody ever knew has none. Guests are asked
   for apart: they are few, and no other order need be looked up among them. `whose` is a query of
   the customers who are asked for: here, so that no engine multiplies everyone's orders by dates
   before it looks for those few. #}
{%- macro orders_by_customer(orders, guests, whose=none) -%}
    {%- set columns -%}
        orders.store_id,
        orders.ordered_at,
        orders.ordered_at::date as ordered_date,
        orders.cancelled_at,
        orders.is_return,
        orders.product_count,
        orders.order_amount,
        orders.sold_amount,
        orders.retail_discount_amount,
        orders.coupon_discount_amount,
        orders.private_label_amount
    {%- endset %}
    select
        orders.customer_id,
        null::timestamp as known_since_at,
        null::timestamp as known_until_at,
        {{ columns }}

    from {{ orders }} as orders
    where not orders.is_guest_checkout{{ ' and orders.customer_id in (' ~ whose ~ ')' if whose }}
    union all
    select
        guests.customer_id,
        guests.known_since_at,
        guests.known_until_at,
        {{ columns }}

    from {{ orders }} as orders
    inner join {{ guests }} as guests using (order_id)
    where orders.is_guest_checkout{{ ' and guests.customer_id in (' ~ whose ~ ')' if whose }}
{%- endmacro -%}

{# Whether a day, which sees nothing of itself, knew whose a guest's order is; an order that names its
   customer (no known_since_at) was always known. #}
{%- macro was_known(relation, day) -%}
    coalesce({{ relation }}.known_since_at < {{ day }}, true)
            and coalesce({{ relation }}.known_until_at >= {{ day }}, true)
{%- endmacro -%}

{# The windows of days that orders are counted in: each ends the day before the day that looks back.
   What counts in them, and which customers' counts change as days pass, is read from here. #}
{%- macro order_windows() -%}
    {%- do return({
        'orders': [7, 30, 60, 90, 180, 365],
        'spend': [30, 60, 90, 180, 365],
        'stores': 90,
        'year': 365,
        'last_year': [336, 364],
    }) -%}
{%- endmacro -%}
{%- macro habit_windows() -%}
    {%- do return({
        'orders': [28, 84], 'weeks': 84, 'year': 365, 'last_year': order_windows().last_year,
    }) -%}
{%- endmacro -%}

{%- macro lies_in_the_habit_year(moment) -%}
    {{ moment }} >= {{ days_before(as_of(), habit_windows().year) }}
{%- endmacro -%}

{# How often customers ordered of late, by age_days, of orders that are is_recent_sale. #}
{%- macro orders_of_late() -%}
    {%- set windows = habit_windows() -%}
    count(
        case when is_recent_sale and {{ is_of_last_year('age_days') }} then 1 end
    ) as orders_28d_last_year,
    {%- for days in windows.orders %}
    count(case when is_recent_sale and age_days <= {{ days }} then 1 end) as orders_{{ days }}d,
    {%- endfor %}
    coalesce(
        {{ weeks_seen('age_days') }} filter (
            where is_recent_sale and age_days <= {{ windows.weeks }}
        ), 0
    )::bigint as weeks_ordered_{{ windows.weeks }}d
{%- endmacro -%}

{# Whether an order, of so many days ago, lies in the four weeks a year before the next four. #}
{%- macro is_of_last_year(age_days) -%}
    {%- set bounds = order_windows().last_year -%}
    {{ age_days }} > {{ bounds[0] }} and {{ age_days }} <= {{ bounds[1] }}
{%- endmacro -%}

{# The ages at which an order leaves a window, or one week of them for the next. #}
{%- macro window_bounds(windows) -%}
    {%- set bounds = [] -%}
    {%- for name, days in windows.items() -%}
        {%- do bounds.extend(range(7, days + 1, 7) if name == 'weeks' else ([days] if days is number else days)) -%}
    {%- endfor -%}
    {%- do return(bounds | unique | sort) -%}
{%- endmacro -%}

{# What a customer's orders come to before a day, by age_days; sales is 1 for an order, 0 for a
   return. The run date and past days are described by the same words. Cases, not filters: a filter
   cuts the rows anew for every count. #}
{%- macro orders_in_windows() -%}
    {%- set windows = order_windows() -%}
    {%- set in_the_year = 'age_days <= ' ~ windows.year -%}
    sum(sales)::bigint as orders_to_date,
    {%- for days in windows.orders %}
    count(case when sales = 1 and age_days <= {{ days }} then 1 end) as orders_{{ days }}d,
    {%- endfor %}
    count(
        case when sales = 1 and {{ is_of_last_year('age_days') }} then 1 end
    ) as orders_28d_last_year,
    count(distinct store_id) filter (
        where sales = 1 and age_days <= {{ windows.stores }}
    ) as distinct_stores_{{ windows.stores }}d,
    count(
        case when sales = 1 and {{ in_the_year }} and {{ is_weekend('ordered_at') }} then 1 end
    ) as weekend_orders_365d,
    {%- for days in windows.spend %}
    greatest(coalesce(
        sum(case when age_days <= {{ days }} then order_amount end), 0
    ), 0)::decimal(18, 2) as spend_{{ days }}d_amount,
    {%- endfor %}
    {%- for amount in [
        'sold', 'returned', 'retail_discount', 'coupon_discount', 'private_label'
    ] %}
    coalesce(
        sum(case when {{ in_the_year }} then {{ amount }}_amount end), 0
    )::decimal(18, 2) as {{ amount }}_365d_amount,
    {%- endfor %}
    coalesce(sum(case when {{ in_the_year }} then product_count end), 0)::bigint as products_365d
{%- endmacro -%}

{# For how many days categories are counted: every customer's are listed for the longest of them. #}
{%- macro category_windows() -%}
    {%- do return([84, 90]) -%}
{%- endmacro -%}
{%- macro listed_of_everyone_since() -%}
    {{ days_before(as_of(), category_windows() | max) }}
{%- endmacro -%}

{# Which orders and customers are described anew, of the lists and the past days made of orders. #}

{# The temporary table of orders of which another list of categories may be made: they were settled
   otherwise, a guest's is known for another's, they lie further back than is listed of everyone, or
   belong to somebody whose past was not listed before, or is not any more. #}
{%- macro note_touched_lists() -%}
    {%- if is_incremental() -%}
        create or replace temporary table {{ touched() }}_learners as
        {{ told_keys('int_customers_sampled_to_training') }};
        create or replace temporary table {{ touched() }} as
        select key_value as order_id from ({{ told_keys('int_orders_settled_to_order') }}) as settled
        union
        select key_value as order_id from ({{ told_keys('int_guests_recognised_to_order') }}) as known
        union
        select order_id from {{ this }}
        where
            ordered_date < {{ listed_of_everyone_since() }}
            and customer_id not in (
                select learners.customer_id
                from {{ ref('int_customers_sampled_to_training') }} as learners
            )
        union
        select order_id from {{ ref('stg_shop__order_lines') }}
        where
            ordered_at < {{ listed_of_everyone_since() }}
            and customer_id in (select key_value from {{ touched() }}_learners)
        union
        select order_id from {{ ref('int_guests_recognised_to_order') }}
        where customer_id in (select key_value from {{ touched() }}_learners)
    {%- endif -%}
{%- endmacro -%}

{# The months RFM's history stands at: as many as there is room for, the newest. Whoever ordered, or
   was once known for a guest's order, takes up room. #}
{%- macro months_kept() -%}
    select months.snapshot_date
    from (
        {%- for month in past_months(var('rfm_history_months')) %}
        select
            date '{{ month }}' as snapshot_date,
            {{ loop.index }} as months_back
        {{ 'union all' if not loop.last }}
        {%- endfor %}
    ) as months
    cross join (
        select count(*) as customers from {{ ref('int_orders_profiled_to_customer') }}
    ) as today
    cross join (
        select count(distinct guests.customer_id) as customers
        from {{ ref('int_guests_recognised_to_order') }} as guests
        where guests.customer_id not in (
            select profiles.customer_id
            from {{ ref('int_orders_profiled_to_customer') }} as profiles
        )
    ) as once
    where
        months.months_back <= greatest(
            floor({{ var('rfm_history_rows') }} / greatest(today.customers + once.customers, 1)), 1
        )
{%- endmacro -%}

{# What customers' orders were worth on the first of each of some months. #}
{%- macro valued_at_months(orders, months) -%}
    select
        months.snapshot_date,
        orders.customer_id,
        {{ days_between(
            'max(case when not orders.is_return then orders.ordered_date end)', 'months.snapshot_date'
        ) }} as recency_days,
        count(case when not orders.is_return then 1 end) as frequency_orders,
        sum(orders.order_amount)::decimal(18, 2) as monetary_amount

    from {{ orders }} as orders
    inner join {{ months }} as months
        on
            orders.ordered_date < months.snapshot_date
            and coalesce(orders.cancelled_at::date >= months.snapshot_date, true)
            and {{ was_known('orders', 'months.snapshot_date') }}
    group by months.snapshot_date, orders.customer_id
    having count(case when not orders.is_return then 1 end) > 0
{%- endmacro -%}

{# The temporary table of customers whose past may be described otherwise: their orders are others, or
   whose a guest's was, or an order was theirs in the past alone; and of those another query adds. #}
{%- macro note_touched_past(also=none) -%}
    {%- if is_incremental() -%}
        {%- set guests = 'int_guests_recognised_to_order' -%}
        {%- set queries = [also] if also else [] -%}
        {%- if guests in model.config.meta.told_by -%}
            {%- do queries.append(
                'select customer_id from ' ~ ref(guests) ~ ' where order_id in ('
                ~ told_keys('int_orders_settled_to_order', 'order_id') ~ ')'
            ) -%}
        {%- endif -%}
        {{ note_told('customer_id', also=queries | join(' union ')) }}
    {%- endif -%}
{%- endmacro -%}

{# ... of the months' values; and months there is no more room for go. #}
{%- macro note_touched_values() -%}
    {{ note_touched_past() }}
    {%- if is_incremental() -%};
        delete from {{ this }}
        where snapshot_date not in (select kept.snapshot_date from ({{ months_kept() }}) as kept)
    {%- endif -%}
{%- endmacro -%}

{# ... of the learners' orders, or whatever is theirs; and it is everyone where the days that learning
   looks back from are not those of the last build. #}
{%- macro note_touched_learners(learners='int_customers_sampled_to_training') -%}
    {%- if is_incremental() -%}
        {%- set days = ref('int_batches_observed_to_snapshot') -%}
        create or replace temporary table {{ touched() }}_moved as
        select snapshot_date from {{ days }}
        where not is_run_date and snapshot_date not in (select made.snapshot_date from {{ this }} as made)
        union
        select snapshot_date from {{ this }}
        where snapshot_date not in (select kept.snapshot_date from {{ days }} as kept where not kept.is_run_date);
        {%- set everyone = [] -%}
        {%- for customers in [ref(learners), this] -%}
            {%- do everyone.append(
                'select customer_id from ' ~ customers ~ ' where exists (select 1 from ' ~ touched() ~ '_moved)'
            ) -%}
        {%- endfor %}
        {{ note_touched_past(also=everyone | join(' union ')) }}
    {%- endif -%}
{%- endmacro -%}

{# The temporary table of days RFM's history is made anew at: those of which past values were told,
   the run date, and what was a run date before. #}
{%- macro note_touched_history() -%}
    {%- if is_incremental() -%}
        {%- set past = ref('int_orders_valued_to_customer_month') -%}
        create or replace temporary table {{ touched() }} as
        select key_value::date as snapshot_date
        from ({{ told_keys('int_orders_valued_to_customer_month') }}) as told
        union
        select snapshot_date from {{ this }}
        where snapshot_date not in (select valued.snapshot_date from {{ past }} as valued)
        union
        select {{ as_of() }} as snapshot_date
    {%- endif -%}
{%- endmacro -%}

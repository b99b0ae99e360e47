{# How recency, frequency and monetary value become scores from 1 to 5, and scores a name. #}

{# The three scores, by fifths of the customers (ties broken by key) or by fixed cut points. With
   `within`, the fifths are of the rows that share that column. #}
{%- macro rfm_scores(within=none) -%}
    {{ rfm_score('recency_days', 'least', within) }} as recency_score,
        {{ rfm_score('frequency_orders', 'most', within) }} as frequency_score,
        {{ rfm_score('monetary_amount', 'most', within) }} as monetary_score
{%- endmacro -%}

{# One score of 1 to 5; `best` says whether the least or the most of the measure earns the 5. #}
{%- macro rfm_score(measure, best, within=none) -%}
    {%- if var('rfm_scoring') == 'quintiles' -%}
        ntile(5) over (
            {{ 'partition by ' ~ within if within }}
            order by {{ measure }} {{ 'desc' if best == 'least' else 'asc' }}, customer_id asc
        )
    {%- else -%}
        {%- set bounds = rfm_cut_points(measure) -%}
        case
            {%- for bound in (bounds if best == 'least' else bounds | reverse) %}
            when {{ measure }} {{ '<=' if best == 'least' else '>=' }} {{ bound }}
                then {{ 6 - loop.index }}
            {%- endfor %}
            else 1
        end::bigint
    {%- endif -%}
{%- endmacro -%}

{# The cut points of a measure: four ascending numbers, or an error that says what is wrong. #}
{%- macro rfm_cut_points(measure) -%}
    {%- if var('rfm_scoring') != 'cut_points' -%}
        {%- do exceptions.raise_compiler_error(
            "The variable rfm_scoring is '" ~ var('rfm_scoring') ~ "'; it can be quintiles (fifths of "
            ~ "the customers) or cut_points (the bounds in the variable rfm_cut_points)."
        ) -%}
    {%- endif -%}
    {%- set bounds = var('rfm_cut_points').get(measure) or [] -%}
    {%- set ascending = bounds | sort | unique | list -%}
    {%- if bounds | length != 4 or bounds != ascending -%}
        {%- do exceptions.raise_compiler_error(
            "The variable rfm_cut_points has " ~ bounds ~ " for " ~ measure ~ ". Five scores need four "
            ~ "bounds in ascending order, e.g. [14, 30, 60, 120]."
        ) -%}
    {%- endif -%}
    {%- do return(bounds) -%}
{%- endmacro -%}

{# Which name each pair of a recency and a value score has, one row a pair: scores are looked up by
   what they are, for to hold every customer against every range costs as much as the scores. #}
{%- macro rfm_cells(segments) -%}
    {%- set scores -%}
        (
            {%- for score in range(1, 6) %}
            select {{ score }}::bigint as score {{ 'union all' if not loop.last }}
            {%- endfor %}
        )
    {%- endset %}
    select
        by_recency.score as recency_score,
        by_value.score as value_score,
        segments.rfm_segment

    from {{ segments }} as segments
    inner join {{ scores }} as by_recency
        on by_recency.score between segments.recency_score_from and segments.recency_score_to
    inner join {{ scores }} as by_value
        on by_value.score between segments.value_score_from and segments.value_score_to
{%- endmacro -%}

{#- Small expressions that every engine can run; where dialects differ, one dispatched version per engine. -#}

{%- macro bucket_start(day) -%}{{ return(adapter.dispatch('bucket_start')(day)) }}{%- endmacro -%}
{%- macro default__bucket_start(day) -%}
  {%- set first = "cast('" ~ var('bucket_first') ~ "' as date)" -%}
  {%- set days = 7 * var('bucket_weeks') -%}
  {{ first }} + cast(floor(({{ day }} - {{ first }}) / {{ days }}.0) as integer) * {{ days }}
{%- endmacro -%}
{%- macro spark__bucket_start(day) -%}
  {%- set first = "cast('" ~ var('bucket_first') ~ "' as date)" -%}
  {%- set days = 7 * var('bucket_weeks') -%}
  date_add({{ first }}, cast(floor(datediff({{ day }}, {{ first }}) / {{ days }}) as int) * {{ days }})
{%- endmacro -%}

{%- macro in_window(start) -%}
  {#- Whether a bucket belongs to this run. Where none is left out between the first and the last, two comparisons say so;
      a list of them is a join. -#}
  {%- set buckets = var('buckets') | sort -%}
  {%- if buckets and are_consecutive(buckets) -%}
  {{ start }} between cast('{{ buckets | first }}' as date) and cast('{{ buckets | last }}' as date)
  {%- elif buckets -%}
  {{ start }} in (
    {%- for bucket in buckets -%}cast('{{ bucket }}' as date){{ ', ' if not loop.last }}{%- endfor -%}
  )
  {%- else -%}
  true
  {%- endif -%}
{%- endmacro -%}

{%- macro are_consecutive(buckets) -%}
  {%- set ends = [] -%}
  {%- for bucket in (buckets | first, buckets | last) -%}
    {%- do ends.append(modules.datetime.datetime.strptime(bucket, '%Y-%m-%d')) -%}
  {%- endfor -%}
  {{ return((ends[1] - ends[0]).days == 7 * var('bucket_weeks') * (buckets | length - 1)) }}
{%- endmacro -%}

{%- macro exact(number) -%}
  {#- Millionths as a decimal: sums are exact, so they depend on neither the order of files nor the number of threads,
      and what a superseded version takes back is to the unit what it had added. -#}
  cast({{ number }} as decimal(18, 6))
{%- endmacro -%}

{%- macro series_id() -%}
  concat_ws('|'{%- for column in var('series_key') -%}, {{ column }}{%- endfor -%})
{%- endmacro -%}

{%- macro union_labels(labels) -%}{{ return(adapter.dispatch('union_labels')(labels)) }}{%- endmacro -%}
{%- macro default__union_labels(labels) -%}
  list_sort(list_distinct(flatten(list({{ labels }}) filter (where {{ labels }} is not null))))
{%- endmacro -%}
{%- macro spark__union_labels(labels) -%}
  nullif(sort_array(array_distinct(flatten(collect_list({{ labels }})))), array())
{%- endmacro -%}

{%- macro labels_present(labels) -%}
  {#- A list of the non-null ones among scalar expressions, in their order. -#}
  {{ return(adapter.dispatch('labels_present')(labels)) }}
{%- endmacro -%}
{%- macro default__labels_present(labels) -%}
  list_filter(cast([{{ labels | join(', ') }}] as varchar[]), lambda label: label is not null)
{%- endmacro -%}
{%- macro spark__labels_present(labels) -%}
  filter(cast(array({{ labels | join(', ') }}) as array<string>), label -> label is not null)
{%- endmacro -%}

{%- macro attribute_names(kind) -%}
  {{ return(var('attributes') | selectattr('kind', 'equalto', kind) | map(attribute='name') | list) }}
{%- endmacro -%}

{%- macro days_since_first(day) -%}{{ return(adapter.dispatch('days_since_first')(day)) }}{%- endmacro -%}
{%- macro default__days_since_first(day) -%}({{ day }} - cast('{{ var("bucket_first") }}' as date)){%- endmacro -%}
{%- macro spark__days_since_first(day) -%}datediff({{ day }}, cast('{{ var("bucket_first") }}' as date)){%- endmacro -%}

{%- macro each_bucket(first_day, last_day) -%}
  {#- In a select list: one row per bucket between the two days, both ends included. -#}
  {{ return(adapter.dispatch('each_bucket')(first_day, last_day)) }}
{%- endmacro -%}
{%- macro default__each_bucket(first_day, last_day) -%}
  cast(unnest(generate_series(
    cast({{ bucket_start(first_day) }} as timestamp), cast({{ last_day }} as timestamp), interval {{ 7 * var('bucket_weeks') }} day
  )) as date)
{%- endmacro -%}
{%- macro spark__each_bucket(first_day, last_day) -%}
  explode(sequence({{ bucket_start(first_day) }}, {{ last_day }}, interval {{ 7 * var('bucket_weeks') }} day))
{%- endmacro -%}

{%- macro still_stands(rows) -%}
  {#- Whether no part that a row belongs to is among those of a relation `withdrawn`. -#}
  not exists (
    select 1 from withdrawn
    where withdrawn.file_version_id = {{ rows }}.file_version_id and withdrawn.row_number = {{ rows }}.row_number
  )
  and not exists (
    select 1 from withdrawn
    where withdrawn.file_version_id = {{ rows }}.file_version_id and withdrawn.sold_on = {{ rows }}.sold_on
      and withdrawn.row_number is null
  )
{%- endmacro -%}

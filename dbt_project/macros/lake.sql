{#- The seam to the lake: which files a run reads, and where its marts go. -#}

{%- macro register_lake() -%}
  {#- Makes the run's files visible as lake.<table>. A table without files is there too, empty but typed. -#}
  {%- if execute -%}
    {%- do run_query('create schema if not exists lake') -%}
    {%- for table, columns in lake_tables().items() -%}
      {%- do adapter.dispatch('register_table')(table, columns, lake_files(table)) -%}
    {%- endfor -%}
  {%- endif -%}
{%- endmacro -%}

{%- macro lake_files(table) -%}
  {#- Paths of one table's files, from the run's list: a list of any length fits, where --vars holds 128 KiB. -#}
  {%- if not var('inputs') -%}{{ return([]) }}{%- endif -%}
  {%- set query -%}
    select path from {{ parquet_file(var('inputs')) }} where table_name = '{{ table }}' order by path
  {%- endset -%}
  {{ return(run_query(query).columns[0].values() | list) }}
{%- endmacro -%}

{%- macro empty_table(columns) -%}
  select
  {%- for column in columns %}
    cast(null as {{ column.data_type }}) as {{ adapter.quote(column.name) }}{{ ',' if not loop.last }}
  {%- endfor %}
  where false
{%- endmacro -%}

{%- macro duckdb__register_table(table, columns, files) -%}
  {#- hive_partitioning off: file_version_id is a column of the file, the folder's name must not add another. -#}
  {%- set statement -%}
    create or replace view lake.{{ table }} as
    {{ empty_table(columns) }}
    {%- if files %}
    union all by name
    select * from read_parquet([
      {%- for file in files %}
      '{{ file | replace("'", "''") }}'{{ ',' if not loop.last }}
      {%- endfor %}
    ], union_by_name => true, hive_partitioning => false)
    {%- endif %}
  {%- endset -%}
  {%- do run_query(statement) -%}
{%- endmacro -%}

{%- macro spark__register_table(table, columns, files) -%}
  {%- set names -%}
    {%- for column in columns -%}{{ adapter.quote(column.name) }}{{ ', ' if not loop.last }}{%- endfor -%}
  {%- endset -%}
  {%- set statement -%}
    create or replace view lake.{{ table }} as
    {{ empty_table(columns) }}
    {%- for file in files %}
    union all select {{ names }} from parquet.`{{ file }}`
    {%- endfor %}
  {%- endset -%}
  {%- do run_query(statement) -%}
{%- endmacro -%}

{%- macro parquet_file(path) -%}{{ return(adapter.dispatch('parquet_file')(path)) }}{%- endmacro -%}
{%- macro duckdb__parquet_file(path) -%}read_parquet('{{ path | replace("'", "''") }}'){%- endmacro -%}
{%- macro spark__parquet_file(path) -%}parquet.`{{ path }}`{%- endmacro -%}

{%- macro export_staged() -%}
  {#- Writes a mart to the run's staging folder, computed once and never held in memory as a whole; what reads the mart from
      here on, the data tests above all, reads that. Not dbt-duckdb's `external`, which writes a row of nulls for an empty
      result and leaves files of earlier runs behind. -#}
  {%- if execute and var('staging') -%}
    {%- set written = adapter.dispatch('write_staged')(var('staging') ~ '/' ~ this.identifier) -%}
    {%- do run_query('create or replace view ' ~ this ~ ' as select * from ' ~ parquet_file(written)) -%}
  {%- endif -%}
{%- endmacro -%}

{%- macro by_partition() -%}
  {#- In the order of the partition column, so that reading some partitions skips the rows of the others. -#}
  select * from {{ this }}{% if config.get('partition_column') %} order by {{ config.get('partition_column') }}{% endif %}
{%- endmacro -%}

{%- macro in_slice(day) -%}
  {#- Whether a business day belongs to the slice of the run that is written at the moment. -#}
  {{ return(adapter.dispatch('in_slice')(day)) }}
{%- endmacro -%}
{%- macro default__in_slice(day) -%}true{%- endmacro -%}
{%- macro duckdb__in_slice(day) -%}
  (getvariable('slice_first') is null
    or {{ day }} between cast(getvariable('slice_first') as date) and cast(getvariable('slice_last') as date))
{%- endmacro -%}

{%- macro duckdb__write_staged(mart) -%}
  {#- One file per slice, one slice after another: memory holds the sums of one. A slice is not sorted, because whoever
      reads it holds it, too, and divides it for a third of what sorting takes here. Marts of cycles are read whole: an
      attribute is inherited from any day. The files live as long as the run: they are not packed, only texts with few
      values have a dictionary, and row groups fit into a processor's cache. Gives the pattern of what was written. -#}
  {%- set is_sliced = config.get('partition_column') == 'bucket_start' -%}
  {%- set rows = 'select * from ' ~ this if is_sliced else by_partition() -%}
  {%- set form = 'format parquet, compression uncompressed, dictionary_size_limit 1000, row_group_size 20480' -%}
  {%- set slices = var('slices') if is_sliced else [] -%}
  {%- for slice in slices or [none] -%}
    {%- if slice is not none -%}
      {%- do run_query("set variable slice_first = '" ~ slice.first ~ "'") -%}
      {%- do run_query("set variable slice_last = '" ~ slice.last ~ "'") -%}
    {%- endif -%}
    {%- set file = mart ~ '.' ~ '%05d' % loop.index ~ '.parquet' -%}
    {%- do run_query("copy (" ~ rows ~ ") to '" ~ file | replace("'", "''") ~ "' (" ~ form ~ ")") -%}
  {%- endfor -%}
  {%- do run_query('reset variable slice_first') -%}
  {%- do run_query('reset variable slice_last') -%}
  {{ return(mart ~ '.*.parquet') }}
{%- endmacro -%}

{%- macro spark__write_staged(mart) -%}
  {#- Spark spills by itself. -#}
  {%- set folder = mart ~ '.parquet' -%}
  {%- do run_query("insert overwrite directory '" ~ folder ~ "' using parquet " ~ by_partition()) -%}
  {{ return(folder) }}
{%- endmacro -%}

{%- macro duckdb__create_view_as(relation, sql) -%}
  {#- DuckDB keeps in memory what a CTE gives that is read more than once, and ephemeral models are such CTEs. Two of those
      below the bucket marts give every row of the lake: computing a row again where it is needed costs less than holding
      all of them. The others are few rows, which are better kept. -#}
  {%- if config.get('partition_column') == 'bucket_start' -%}
    {%- set every_row = '(__dbt__cte__(?:stg_transactions|int_lines)) as \\(' -%}
    {%- set sql = modules.re.sub(every_row, '\\1 as not materialized (', sql) -%}
  {%- endif -%}
  {{ return(dbt.duckdb__create_view_as(relation, sql)) }}
{%- endmacro -%}

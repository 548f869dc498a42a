{#- What a run is told, as tables: its cycles, and the producers in the order in which they win. -#}

{%- macro run_cycles() -%}
  {%- for cycle in var('cycles') %}
    select
        cast('{{ cycle.cutoff }}' as date) as cycle,
        cast('{{ cycle.known_at }}' as {{ timestamp_type() }}) as known_at
    {{ 'union all' if not loop.last }}
  {%- else %}
    select cast(null as date) as cycle, cast(null as {{ timestamp_type() }}) as known_at where false
  {%- endfor %}
{%- endmacro -%}

{%- macro run_producers() -%}
  {%- for producer in var('producers') %}
    select '{{ producer }}' as producer, {{ loop.index }} as place
    {{ 'union all' if not loop.last }}
  {%- else %}
    select cast(null as {{ dbt.type_string() }}) as producer, 0 as place where false
  {%- endfor %}
{%- endmacro -%}

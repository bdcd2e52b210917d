{#- The known word that shares most pairs of neighbouring letters with a misspelt one, at least half of them; otherwise none. -#}
{% macro nearest_word(word, known) %}
  {%- set best = {'word': none, 'shared': (word | length - 1) / 2} -%}
  {%- for candidate in known -%}
    {%- set shared = [] -%}
    {%- for at in range(word | length - 1) if word[at:at + 2] in candidate -%}{%- do shared.append(at) -%}{%- endfor -%}
    {%- if shared | length >= best.shared and shared -%}
      {%- do best.update({'word': candidate, 'shared': shared | length}) -%}
    {%- endif -%}
  {%- endfor -%}
  {{ return(best.word) }}
{% endmacro %}

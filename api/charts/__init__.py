"""Charts: the answers of analysis as pictures, each with its Vega-Lite specification.

1. `matrix`, `timeline`, `deadlock` and `agreement` turn an answer into a Vega-Lite specification
   with its data in it; they are pure functions of plain data. They share `layout` and
   `stance`, which shows a stance by sign, word and colour, never by colour alone.
2. `rendering` renders a specification as SVG and PNG in a process of its own, whose program is
   `drawing`. It fetches no font and no data.
3. `routes` names the question whose answer each picture shows, and adds these formats to its
   address; `embedding` puts a picture or its table into a page for other sites.
"""

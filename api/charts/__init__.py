"""Charts: answers of analysis as pictures to take away, each with a specification of its own.

A picture is made in steps, each in a file of its own:

1. `pictures` names, for each picture, the question whose answer it shows.
2. `matrix`, `timeline`, `deadlock` and `agreement` turn an answer into a Vega-Lite specification
   that carries its data: plain data, and pure. `frame` is what they share, `marks` how values
   are told apart, `stance` how stances are: by sign, word and colour, never by colour alone.
3. `drawing` renders a specification as SVG and PNG. Nothing is fetched, no font, no data.
4. `routes` serves all three, as it serves any computed answer; `embedding` puts a picture or its
   table into a page for other people's sites.
"""

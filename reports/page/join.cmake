# Joins the parts of the page's script into one function scope.
set(text "(() => {\n\"use strict\";\n")
foreach(part IN LISTS PARTS)
  file(READ ${part} content)
  string(APPEND text "${content}")
endforeach()
string(APPEND text "})();\n")
file(WRITE ${OUTPUT} "${text}")

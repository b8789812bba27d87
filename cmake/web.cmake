# The files of the /docs page, embedded in the library: tools/web-assets makes them, an assembler
# source includes them as they are, src/api/assets.cc names them.
enable_language(ASM)

set(web_folder ${CMAKE_BINARY_DIR}/web)
set(web_sources favicon.svg index.html init.js page.css)
set(web_assets ${web_sources} LICENSE swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt
    swagger-ui.css)
list(TRANSFORM web_sources PREPEND ${CMAKE_SOURCE_DIR}/web/docs/)
list(TRANSFORM web_assets PREPEND ${web_folder}/)
list(TRANSFORM web_assets APPEND .gz)

add_custom_command(
  OUTPUT ${web_assets}
  COMMAND ${CMAKE_SOURCE_DIR}/tools/web-assets ${web_folder}
  DEPENDS ${web_sources} ${CMAKE_SOURCE_DIR}/tools/web-assets
          ${CMAKE_SOURCE_DIR}/web/package.json ${CMAKE_SOURCE_DIR}/web/package-lock.json
  COMMENT "Preparing the /docs page"
  VERBATIM)

add_library(reef_asset_bytes STATIC src/api/asset_bytes.S)
target_include_directories(reef_asset_bytes PRIVATE ${web_folder})
set_source_files_properties(src/api/asset_bytes.S PROPERTIES OBJECT_DEPENDS "${web_assets}")
target_link_libraries(reef PRIVATE reef_asset_bytes)

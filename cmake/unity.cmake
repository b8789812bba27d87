# Joins the sources of a target eight at a time, folder by folder, so that what they all include is
# parsed once for eight. In releases only: sanitizers and debug builds compile each file by itself,
# so that one changed file stays cheap there and each file shows that it includes what it uses.
set(REEF_UNITY_FILES_MAX 8)

function(reef_join_sources target)
  get_target_property(sources ${target} SOURCES)
  set(last_folder "")
  foreach(source IN LISTS sources)
    if(NOT source MATCHES "\\.cc$")
      continue()
    endif()
    get_filename_component(folder ${source} DIRECTORY)
    if(NOT folder STREQUAL last_folder)
      set(last_folder ${folder})
      set(count 0)
    endif()
    math(EXPR batch "${count} / ${REEF_UNITY_FILES_MAX}")
    math(EXPR count "${count} + 1")
    string(REPLACE "/" "_" name "${folder}_${batch}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP ${name})
  endforeach()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  # The joined file includes the sources, so that for g++ their unnamed namespaces are a header's.
  target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
endfunction()

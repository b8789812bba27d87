# Warnings are errors; releases are hardened, and keep their assertions (CMake would switch them
# off): what is tested is what ships. Sanitizers by preset. When it optimizes, g++ 12 sees
# overflows and uninitialized bytes inside std::string that are none (its bugs 105329, 105651), and
# takes asio's delete of a coroutine's frame for the wrong one where it has inlined only the new.
target_compile_options(reef_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wimplicit-fallthrough -Werror
  -fPIE -fstack-protector-strong -ftrivial-auto-var-init=zero
  $<$<CONFIG:Release>:-UNDEBUG -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
    -Wno-array-bounds -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow
    -Wno-mismatched-new-delete>)
target_link_options(reef_flags INTERFACE -pie -Wl,-z,relro,-z,now)
target_compile_definitions(reef_flags INTERFACE
  BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_SEPARATE_COMPILATION SPDLOG_FMT_EXTERNAL)

if(REEF_SANITIZE STREQUAL "asan")
  # Without UBSan's null, alignment and vptr checks a file with coroutines compiles in a third of
  # the time; ASan finds what they would.
  set(flags -fsanitize=address,undefined -fno-sanitize=null,alignment,vptr,nonnull-attribute
      -fno-sanitize-recover=all -O1)
elseif(REEF_SANITIZE STREQUAL "tsan")
  set(flags -fsanitize=thread -O1)
endif()
if(REEF_SANITIZE)
  # In instrumented code g++ 12 sees mismatched deletes, overflows and uninitialized values that are
  # none: what it warns of there is no error. The other presets are strict.
  # -g1: a report needs files and lines; all else that -g tells is a third of the time.
  target_compile_options(reef_flags INTERFACE ${flags} -g1 -fno-omit-frame-pointer -Wno-error -w)
  target_link_options(reef_flags INTERFACE ${flags})
endif()

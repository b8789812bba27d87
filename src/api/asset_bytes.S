// The embedded files' bytes, between NAME_begin and NAME_end; assets.cc says what each one is.
// Read-only data without addresses in it: it fits a position-independent program as it is.

.macro asset name, file
    .global asset_\name\()_begin
    .global asset_\name\()_end
    .hidden asset_\name\()_begin
    .hidden asset_\name\()_end
asset_\name\()_begin:
    .incbin "\file"
asset_\name\()_end:
.endm

    .section .rodata.assets, "a", @progbits
    asset favicon, "favicon.svg.gz"
    asset index, "index.html.gz"
    asset init, "init.js.gz"
    asset license, "LICENSE.gz"
    asset page_style, "page.css.gz"
    asset swagger_ui, "swagger-ui-bundle.js.gz"
    asset swagger_ui_notices, "swagger-ui-bundle.js.LICENSE.txt.gz"
    asset swagger_ui_style, "swagger-ui.css.gz"

    // No code here needs an executable stack.
    .section .note.GNU-stack, "", @progbits

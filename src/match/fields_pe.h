/* fields_pe.h - what module pe offers beside its constants, once for the table that rules are checked
 * against and for the enum that scan answers by, so that the two cannot part. Names and meaning: YARA's
 * documentation, "PE module". */
#ifndef LAZ_MATCH_FIELDS_PE_H
#define LAZ_MATCH_FIELDS_PE_H

/* What each certificate tells, under the path of whoever carries it; args are the indexes before. */
#define LAZ_PE_CERTIFICATE(FIELD, ID, PATH, ARGS)                                                  \
    FIELD(ID##_THUMBPRINT, PATH "thumbprint", ARGS, 's')                                           \
    FIELD(ID##_ISSUER, PATH "issuer", ARGS, 's')                                                   \
    FIELD(ID##_SUBJECT, PATH "subject", ARGS, 's')                                                 \
    FIELD(ID##_VERSION, PATH "version", ARGS, 'i')                                                 \
    FIELD(ID##_ALGORITHM, PATH "algorithm", ARGS, 's')                                             \
    FIELD(ID##_ALGORITHM_OID, PATH "algorithm_oid", ARGS, 's')                                     \
    FIELD(ID##_SERIAL, PATH "serial", ARGS, 's')                                                   \
    FIELD(ID##_NOT_BEFORE, PATH "not_before", ARGS, 'i')                                           \
    FIELD(ID##_NOT_AFTER, PATH "not_after", ARGS, 'i')

/* What a list of imports tells: the common one and that of libraries loaded when first called. */
#define LAZ_PE_LIBRARIES(FIELD, ID, PATH)                                                          \
    FIELD(ID##_COUNT, PATH "[#]", "", 'i')                                                         \
    FIELD(ID##_LIBRARY_NAME, PATH "[].library_name", "i", 's')                                     \
    FIELD(ID##_NUMBER_OF_FUNCTIONS, PATH "[].number_of_functions", "i", 'i')                       \
    FIELD(ID##_FUNCTION_COUNT, PATH "[].functions[#]", "i", 'i')                                   \
    FIELD(ID##_FUNCTION_NAME, PATH "[].functions[].name", "ii", 's')                               \
    FIELD(ID##_FUNCTION_ORDINAL, PATH "[].functions[].ordinal", "ii", 'i')                         \
    FIELD(ID##_FUNCTION_RVA, PATH "[].functions[].rva", "ii", 'i')

#define LAZ_PE_FIELDS(FIELD)                                                                       \
    FIELD(IS_PE, "is_pe", "", 'i')                                                                 \
    FIELD(MACHINE, "machine", "", 'i')                                                             \
    FIELD(NUMBER_OF_SECTIONS, "number_of_sections", "", 'i')                                       \
    FIELD(TIMESTAMP, "timestamp", "", 'i')                                                         \
    FIELD(POINTER_TO_SYMBOL_TABLE, "pointer_to_symbol_table", "", 'i')                             \
    FIELD(NUMBER_OF_SYMBOLS, "number_of_symbols", "", 'i')                                         \
    FIELD(SIZE_OF_OPTIONAL_HEADER, "size_of_optional_header", "", 'i')                             \
    FIELD(CHARACTERISTICS, "characteristics", "", 'i')                                             \
    FIELD(OPTHDR_MAGIC, "opthdr_magic", "", 'i')                                                   \
    FIELD(LINKER_VERSION_MAJOR, "linker_version.major", "", 'i')                                   \
    FIELD(LINKER_VERSION_MINOR, "linker_version.minor", "", 'i')                                   \
    FIELD(SIZE_OF_CODE, "size_of_code", "", 'i')                                                   \
    FIELD(SIZE_OF_INITIALIZED_DATA, "size_of_initialized_data", "", 'i')                           \
    FIELD(SIZE_OF_UNINITIALIZED_DATA, "size_of_uninitialized_data", "", 'i')                       \
    FIELD(ENTRY_POINT, "entry_point", "", 'i')                                                     \
    FIELD(ENTRY_POINT_RAW, "entry_point_raw", "", 'i')                                             \
    FIELD(BASE_OF_CODE, "base_of_code", "", 'i')                                                   \
    FIELD(BASE_OF_DATA, "base_of_data", "", 'i')                                                   \
    FIELD(IMAGE_BASE, "image_base", "", 'i')                                                       \
    FIELD(SECTION_ALIGNMENT, "section_alignment", "", 'i')                                         \
    FIELD(FILE_ALIGNMENT, "file_alignment", "", 'i')                                               \
    FIELD(OS_VERSION_MAJOR, "os_version.major", "", 'i')                                           \
    FIELD(OS_VERSION_MINOR, "os_version.minor", "", 'i')                                           \
    FIELD(IMAGE_VERSION_MAJOR, "image_version.major", "", 'i')                                     \
    FIELD(IMAGE_VERSION_MINOR, "image_version.minor", "", 'i')                                     \
    FIELD(SUBSYSTEM_VERSION_MAJOR, "subsystem_version.major", "", 'i')                             \
    FIELD(SUBSYSTEM_VERSION_MINOR, "subsystem_version.minor", "", 'i')                             \
    FIELD(WIN32_VERSION_VALUE, "win32_version_value", "", 'i')                                     \
    FIELD(SIZE_OF_IMAGE, "size_of_image", "", 'i')                                                 \
    FIELD(SIZE_OF_HEADERS, "size_of_headers", "", 'i')                                             \
    FIELD(CHECKSUM, "checksum", "", 'i')                                                           \
    FIELD(CALCULATE_CHECKSUM, "calculate_checksum()", "", 'i')                                     \
    FIELD(SUBSYSTEM, "subsystem", "", 'i')                                                         \
    FIELD(DLL_CHARACTERISTICS, "dll_characteristics", "", 'i')                                     \
    FIELD(SIZE_OF_STACK_RESERVE, "size_of_stack_reserve", "", 'i')                                 \
    FIELD(SIZE_OF_STACK_COMMIT, "size_of_stack_commit", "", 'i')                                   \
    FIELD(SIZE_OF_HEAP_RESERVE, "size_of_heap_reserve", "", 'i')                                   \
    FIELD(SIZE_OF_HEAP_COMMIT, "size_of_heap_commit", "", 'i')                                     \
    FIELD(LOADER_FLAGS, "loader_flags", "", 'i')                                                   \
    FIELD(NUMBER_OF_RVA_AND_SIZES, "number_of_rva_and_sizes", "", 'i')                             \
    FIELD(DIRECTORY_COUNT, "data_directories[#]", "", 'i')                                         \
    FIELD(DIRECTORY_VIRTUAL_ADDRESS, "data_directories[].virtual_address", "i", 'i')               \
    FIELD(DIRECTORY_SIZE, "data_directories[].size", "i", 'i')                                     \
    FIELD(SECTION_COUNT, "sections[#]", "", 'i')                                                   \
    FIELD(SECTION_NAME, "sections[].name", "i", 's')                                               \
    FIELD(SECTION_FULL_NAME, "sections[].full_name", "i", 's')                                     \
    FIELD(SECTION_CHARACTERISTICS, "sections[].characteristics", "i", 'i')                         \
    FIELD(SECTION_VIRTUAL_ADDRESS, "sections[].virtual_address", "i", 'i')                         \
    FIELD(SECTION_VIRTUAL_SIZE, "sections[].virtual_size", "i", 'i')                               \
    FIELD(SECTION_RAW_DATA_OFFSET, "sections[].raw_data_offset", "i", 'i')                         \
    FIELD(SECTION_RAW_DATA_SIZE, "sections[].raw_data_size", "i", 'i')                             \
    FIELD(SECTION_POINTER_TO_RELOCATIONS, "sections[].pointer_to_relocations", "i", 'i')           \
    FIELD(SECTION_POINTER_TO_LINE_NUMBERS, "sections[].pointer_to_line_numbers", "i", 'i')         \
    FIELD(SECTION_NUMBER_OF_RELOCATIONS, "sections[].number_of_relocations", "i", 'i')             \
    FIELD(SECTION_NUMBER_OF_LINE_NUMBERS, "sections[].number_of_line_numbers", "i", 'i')           \
    FIELD(SECTION_INDEX_NAME, "section_index()", "s", 'i')                                         \
    FIELD(SECTION_INDEX_ADDRESS, "section_index()", "i", 'i')                                      \
    FIELD(OVERLAY_OFFSET, "overlay.offset", "", 'i')                                               \
    FIELD(OVERLAY_SIZE, "overlay.size", "", 'i')                                                   \
    FIELD(IS_PE_CALL, "is_pe()", "", 'i')                                                          \
    FIELD(IS_DLL, "is_dll()", "", 'i')                                                             \
    FIELD(IS_32BIT, "is_32bit()", "", 'i')                                                         \
    FIELD(IS_64BIT, "is_64bit()", "", 'i')                                                         \
    FIELD(RVA_TO_OFFSET, "rva_to_offset()", "i", 'i')                                              \
    FIELD(PDB_PATH, "pdb_path", "", 's')                                                           \
    FIELD(RICH_OFFSET, "rich_signature.offset", "", 'i')                                           \
    FIELD(RICH_LENGTH, "rich_signature.length", "", 'i')                                           \
    FIELD(RICH_KEY, "rich_signature.key", "", 'i')                                                 \
    FIELD(RICH_RAW_DATA, "rich_signature.raw_data", "", 's')                                       \
    FIELD(RICH_CLEAR_DATA, "rich_signature.clear_data", "", 's')                                   \
    FIELD(RICH_VERSION_DATA, "rich_signature.version_data", "", 's')                               \
    FIELD(RICH_VERSION, "rich_signature.version()", "i", 'i')                                      \
    FIELD(RICH_VERSION_TOOLID, "rich_signature.version()", "ii", 'i')                              \
    FIELD(RICH_TOOLID, "rich_signature.toolid()", "i", 'i')                                        \
    FIELD(RICH_TOOLID_VERSION, "rich_signature.toolid()", "ii", 'i')                               \
    FIELD(NUMBER_OF_RESOURCES, "number_of_resources", "", 'i')                                     \
    FIELD(RESOURCE_TIMESTAMP, "resource_timestamp", "", 'i')                                       \
    FIELD(RESOURCE_VERSION_MAJOR, "resource_version.major", "", 'i')                               \
    FIELD(RESOURCE_VERSION_MINOR, "resource_version.minor", "", 'i')                               \
    FIELD(RESOURCE_COUNT, "resources[#]", "", 'i')                                                 \
    FIELD(RESOURCE_RVA, "resources[].rva", "i", 'i')                                               \
    FIELD(RESOURCE_OFFSET, "resources[].offset", "i", 'i')                                         \
    FIELD(RESOURCE_LENGTH, "resources[].length", "i", 'i')                                         \
    FIELD(RESOURCE_TYPE, "resources[].type", "i", 'i')                                             \
    FIELD(RESOURCE_ID, "resources[].id", "i", 'i')                                                 \
    FIELD(RESOURCE_LANGUAGE, "resources[].language", "i", 'i')                                     \
    FIELD(RESOURCE_TYPE_STRING, "resources[].type_string", "i", 's')                               \
    FIELD(RESOURCE_NAME_STRING, "resources[].name_string", "i", 's')                               \
    FIELD(RESOURCE_LANGUAGE_STRING, "resources[].language_string", "i", 's')                       \
    FIELD(LOCALE, "locale()", "i", 'i')                                                            \
    FIELD(LANGUAGE, "language()", "i", 'i')                                                        \
    FIELD(NUMBER_OF_VERSION_INFOS, "number_of_version_infos", "", 'i')                             \
    FIELD(VERSION_INFO, "version_info[]", "s", 's')                                                \
    FIELD(VERSION_INFO_KEY, "version_info[@]", "i", 's')                                           \
    FIELD(VERSION_INFO_COUNT, "version_info[#]", "", 'i')                                          \
    FIELD(VERSION_LIST_COUNT, "version_info_list[#]", "", 'i')                                     \
    FIELD(VERSION_LIST_KEY, "version_info_list[].key", "i", 's')                                   \
    FIELD(VERSION_LIST_VALUE, "version_info_list[].value", "i", 's')                               \
    FIELD(NUMBER_OF_IMPORTS, "number_of_imports", "", 'i')                                         \
    FIELD(NUMBER_OF_IMPORTED_FUNCTIONS, "number_of_imported_functions", "", 'i')                   \
    LAZ_PE_LIBRARIES(FIELD, IMPORT, "import_details")                                              \
    FIELD(NUMBER_OF_DELAYED_IMPORTS, "number_of_delayed_imports", "", 'i')                         \
    FIELD(NUMBER_OF_DELAYED_FUNCTIONS, "number_of_delayed_imported_functions", "", 'i')            \
    LAZ_PE_LIBRARIES(FIELD, DELAYED, "delayed_import_details")                                     \
    /* The names of the same in YARA 4.2. */                                                       \
    FIELD(NUMBER_OF_DELAY_IMPORTS, "number_of_delay_imports", "", 'i')                             \
    FIELD(NUMBER_OF_DELAY_FUNCTIONS, "number_of_delay_imported_functions", "", 'i')                \
    LAZ_PE_LIBRARIES(FIELD, DELAY, "delay_import_details")                                         \
    FIELD(IMPORTS_FUNCTION, "imports()", "ss", 'i')                                                \
    FIELD(IMPORTS_ORDINAL, "imports()", "si", 'i')                                                 \
    FIELD(IMPORTS_LIBRARY, "imports()", "s", 'i')                                                  \
    FIELD(IMPORTS_REGEX, "imports()", "rr", 'i')                                                   \
    FIELD(IMPORTS_FLAGS_FUNCTION, "imports()", "iss", 'i')                                         \
    FIELD(IMPORTS_FLAGS_ORDINAL, "imports()", "isi", 'i')                                          \
    FIELD(IMPORTS_FLAGS_LIBRARY, "imports()", "is", 'i')                                           \
    FIELD(IMPORTS_FLAGS_REGEX, "imports()", "irr", 'i')                                            \
    FIELD(IMPORT_RVA_NAME, "import_rva()", "ss", 'i')                                              \
    FIELD(IMPORT_RVA_ORDINAL, "import_rva()", "si", 'i')                                           \
    FIELD(DELAYED_RVA_NAME, "delayed_import_rva()", "ss", 'i')                                     \
    FIELD(DELAYED_RVA_ORDINAL, "delayed_import_rva()", "si", 'i')                                  \
    FIELD(IMPHASH, "imphash()", "", 's')                                                           \
    FIELD(NUMBER_OF_EXPORTS, "number_of_exports", "", 'i')                                         \
    FIELD(DLL_NAME, "dll_name", "", 's')                                                           \
    FIELD(EXPORT_TIMESTAMP, "export_timestamp", "", 'i')                                           \
    FIELD(EXPORT_COUNT, "export_details[#]", "", 'i')                                              \
    FIELD(EXPORT_OFFSET, "export_details[].offset", "i", 'i')                                      \
    FIELD(EXPORT_NAME, "export_details[].name", "i", 's')                                          \
    FIELD(EXPORT_FORWARD_NAME, "export_details[].forward_name", "i", 's')                          \
    FIELD(EXPORT_ORDINAL, "export_details[].ordinal", "i", 'i')                                    \
    FIELD(EXPORT_RVA, "export_details[].rva", "i", 'i')                                            \
    FIELD(EXPORTS_NAME, "exports()", "s", 'i')                                                     \
    FIELD(EXPORTS_REGEX, "exports()", "r", 'i')                                                    \
    FIELD(EXPORTS_ORDINAL, "exports()", "i", 'i')                                                  \
    FIELD(EXPORTS_INDEX_NAME, "exports_index()", "s", 'i')                                         \
    FIELD(EXPORTS_INDEX_ORDINAL, "exports_index()", "i", 'i')                                      \
    FIELD(EXPORTS_INDEX_REGEX, "exports_index()", "r", 'i')                                        \
    FIELD(IS_SIGNED, "is_signed", "", 'i')                                                         \
    FIELD(NUMBER_OF_SIGNATURES, "number_of_signatures", "", 'i')                                   \
    FIELD(SIGNATURE_COUNT, "signatures[#]", "", 'i')                                               \
    LAZ_PE_CERTIFICATE(FIELD, SIGNATURE, "signatures[].", "i")                                     \
    FIELD(SIGNATURE_VALID_ON, "signatures[].valid_on()", "ii", 'i')                                \
    FIELD(SIGNATURE_VERIFIED, "signatures[].verified", "i", 'i')                                   \
    FIELD(SIGNATURE_DIGEST_ALG, "signatures[].digest_alg", "i", 's')                               \
    FIELD(SIGNATURE_DIGEST, "signatures[].digest", "i", 's')                                       \
    FIELD(SIGNATURE_FILE_DIGEST, "signatures[].file_digest", "i", 's')                             \
    FIELD(NUMBER_OF_CERTIFICATES, "signatures[].number_of_certificates", "i", 'i')                 \
    FIELD(CERTIFICATE_COUNT, "signatures[].certificates[#]", "i", 'i')                             \
    LAZ_PE_CERTIFICATE(FIELD, CERTIFICATE, "signatures[].certificates[].", "ii")                   \
    FIELD(SIGNER_PROGRAM_NAME, "signatures[].signer_info.program_name", "i", 's')                  \
    FIELD(SIGNER_DIGEST, "signatures[].signer_info.digest", "i", 's')                              \
    FIELD(SIGNER_DIGEST_ALG, "signatures[].signer_info.digest_alg", "i", 's')                      \
    FIELD(SIGNER_LENGTH_OF_CHAIN, "signatures[].signer_info.length_of_chain", "i", 'i')            \
    FIELD(SIGNER_CHAIN_COUNT, "signatures[].signer_info.chain[#]", "i", 'i')                       \
    LAZ_PE_CERTIFICATE(FIELD, SIGNER_CHAIN, "signatures[].signer_info.chain[].", "ii")             \
    FIELD(NUMBER_OF_COUNTERS, "signatures[].number_of_countersignatures", "i", 'i')                \
    FIELD(COUNTER_COUNT, "signatures[].countersignatures[#]", "i", 'i')                            \
    FIELD(COUNTER_VERIFIED, "signatures[].countersignatures[].verified", "ii", 'i')                \
    FIELD(COUNTER_SIGN_TIME, "signatures[].countersignatures[].sign_time", "ii", 'i')              \
    FIELD(COUNTER_DIGEST_ALG, "signatures[].countersignatures[].digest_alg", "ii", 's')            \
    FIELD(COUNTER_DIGEST, "signatures[].countersignatures[].digest", "ii", 's')                    \
    FIELD(COUNTER_LENGTH_OF_CHAIN, "signatures[].countersignatures[].length_of_chain", "ii", 'i')  \
    FIELD(COUNTER_CHAIN_COUNT, "signatures[].countersignatures[].chain[#]", "ii", 'i')             \
    LAZ_PE_CERTIFICATE(FIELD, COUNTER_CHAIN, "signatures[].countersignatures[].chain[].", "iii")

#define LAZ_PE_FIELD_ID(ID, name, args, result) LAZ_PE_##ID,
enum laz_pe_field { LAZ_PE_FIELDS(LAZ_PE_FIELD_ID) LAZ_PE_FIELD_COUNT };
#undef LAZ_PE_FIELD_ID

#endif

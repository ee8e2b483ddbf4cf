/* fields_dotnet.h - what module dotnet offers, once for the table that rules are checked against and
 * for the enum that scan answers by. Names and meaning: YARA's documentation, "dotnet module". */
#ifndef LAZ_MATCH_FIELDS_DOTNET_H
#define LAZ_MATCH_FIELDS_DOTNET_H

#define LAZ_DOTNET_FIELDS(FIELD)                                                                   \
    FIELD(IS_DOTNET, "is_dotnet", "", 'i')                                                         \
    FIELD(VERSION, "version", "", 's')                                                             \
    FIELD(MODULE_NAME, "module_name", "", 's')                                                     \
    FIELD(STREAM_COUNT, "streams[#]", "", 'i')                                                     \
    FIELD(STREAM_NAME, "streams[].name", "i", 's')                                                 \
    FIELD(STREAM_OFFSET, "streams[].offset", "i", 'i')                                             \
    FIELD(STREAM_SIZE, "streams[].size", "i", 'i')                                                 \
    FIELD(NUMBER_OF_STREAMS, "number_of_streams", "", 'i')                                         \
    FIELD(GUID, "guids[]", "i", 's')                                                               \
    FIELD(GUID_COUNT, "guids[#]", "", 'i')                                                         \
    FIELD(NUMBER_OF_GUIDS, "number_of_guids", "", 'i')                                             \
    FIELD(RESOURCE_COUNT, "resources[#]", "", 'i')                                                 \
    FIELD(RESOURCE_OFFSET, "resources[].offset", "i", 'i')                                         \
    FIELD(RESOURCE_LENGTH, "resources[].length", "i", 'i')                                         \
    FIELD(RESOURCE_NAME, "resources[].name", "i", 's')                                             \
    FIELD(NUMBER_OF_RESOURCES, "number_of_resources", "", 'i')                                     \
    FIELD(CLASS_COUNT, "classes[#]", "", 'i')                                                      \
    FIELD(CLASS_FULLNAME, "classes[].fullname", "i", 's')                                          \
    FIELD(CLASS_NAME, "classes[].name", "i", 's')                                                  \
    FIELD(CLASS_NAMESPACE, "classes[].namespace", "i", 's')                                        \
    FIELD(CLASS_VISIBILITY, "classes[].visibility", "i", 's')                                      \
    FIELD(CLASS_TYPE, "classes[].type", "i", 's')                                                  \
    FIELD(CLASS_ABSTRACT, "classes[].abstract", "i", 'i')                                          \
    FIELD(CLASS_SEALED, "classes[].sealed", "i", 'i')                                              \
    FIELD(CLASS_NUMBER_OF_GENERICS, "classes[].number_of_generic_parameters", "i", 'i')            \
    FIELD(CLASS_GENERIC, "classes[].generic_parameters[]", "ii", 's')                              \
    FIELD(CLASS_GENERIC_COUNT, "classes[].generic_parameters[#]", "i", 'i')                        \
    FIELD(CLASS_NUMBER_OF_BASES, "classes[].number_of_base_types", "i", 'i')                       \
    FIELD(CLASS_BASE, "classes[].base_types[]", "ii", 's')                                         \
    FIELD(CLASS_BASE_COUNT, "classes[].base_types[#]", "i", 'i')                                   \
    FIELD(CLASS_NUMBER_OF_METHODS, "classes[].number_of_methods", "i", 'i')                        \
    FIELD(METHOD_COUNT, "classes[].methods[#]", "i", 'i')                                          \
    FIELD(METHOD_GENERIC, "classes[].methods[].generic_parameters[]", "iii", 's')                  \
    FIELD(METHOD_GENERIC_COUNT, "classes[].methods[].generic_parameters[#]", "ii", 'i')            \
    FIELD(METHOD_NUMBER_OF_GENERICS, "classes[].methods[].number_of_generic_parameters", "ii",     \
          'i')                                                                                     \
    FIELD(PARAMETER_COUNT, "classes[].methods[].parameters[#]", "ii", 'i')                         \
    FIELD(PARAMETER_NAME, "classes[].methods[].parameters[].name", "iii", 's')                     \
    FIELD(PARAMETER_TYPE, "classes[].methods[].parameters[].type", "iii", 's')                     \
    FIELD(METHOD_NUMBER_OF_PARAMETERS, "classes[].methods[].number_of_parameters", "ii", 'i')      \
    FIELD(METHOD_RETURN_TYPE, "classes[].methods[].return_type", "ii", 's')                        \
    FIELD(METHOD_ABSTRACT, "classes[].methods[].abstract", "ii", 'i')                              \
    FIELD(METHOD_FINAL, "classes[].methods[].final", "ii", 'i')                                    \
    FIELD(METHOD_VIRTUAL, "classes[].methods[].virtual", "ii", 'i')                                \
    FIELD(METHOD_STATIC, "classes[].methods[].static", "ii", 'i')                                  \
    FIELD(METHOD_VISIBILITY, "classes[].methods[].visibility", "ii", 's')                          \
    FIELD(METHOD_NAME, "classes[].methods[].name", "ii", 's')                                      \
    FIELD(NUMBER_OF_CLASSES, "number_of_classes", "", 'i')                                         \
    FIELD(REFERENCE_COUNT, "assembly_refs[#]", "", 'i')                                            \
    FIELD(REFERENCE_MAJOR, "assembly_refs[].version.major", "i", 'i')                              \
    FIELD(REFERENCE_MINOR, "assembly_refs[].version.minor", "i", 'i')                              \
    FIELD(REFERENCE_BUILD, "assembly_refs[].version.build_number", "i", 'i')                       \
    FIELD(REFERENCE_REVISION, "assembly_refs[].version.revision_number", "i", 'i')                 \
    FIELD(REFERENCE_KEY, "assembly_refs[].public_key_or_token", "i", 's')                          \
    FIELD(REFERENCE_NAME, "assembly_refs[].name", "i", 's')                                        \
    FIELD(NUMBER_OF_REFERENCES, "number_of_assembly_refs", "", 'i')                                \
    FIELD(ASSEMBLY_MAJOR, "assembly.version.major", "", 'i')                                       \
    FIELD(ASSEMBLY_MINOR, "assembly.version.minor", "", 'i')                                       \
    FIELD(ASSEMBLY_BUILD, "assembly.version.build_number", "", 'i')                                \
    FIELD(ASSEMBLY_REVISION, "assembly.version.revision_number", "", 'i')                          \
    FIELD(ASSEMBLY_NAME, "assembly.name", "", 's')                                                 \
    FIELD(ASSEMBLY_CULTURE, "assembly.culture", "", 's')                                           \
    FIELD(MODULE_REFERENCE, "modulerefs[]", "i", 's')                                              \
    FIELD(MODULE_REFERENCE_COUNT, "modulerefs[#]", "", 'i')                                        \
    FIELD(NUMBER_OF_MODULE_REFERENCES, "number_of_modulerefs", "", 'i')                            \
    FIELD(USER_STRING, "user_strings[]", "i", 's')                                                 \
    FIELD(USER_STRING_COUNT, "user_strings[#]", "", 'i')                                           \
    FIELD(NUMBER_OF_USER_STRINGS, "number_of_user_strings", "", 'i')                               \
    FIELD(TYPELIB, "typelib", "", 's')                                                             \
    FIELD(CONSTANT, "constants[]", "i", 's')                                                       \
    FIELD(CONSTANT_COUNT, "constants[#]", "", 'i')                                                 \
    FIELD(NUMBER_OF_CONSTANTS, "number_of_constants", "", 'i')                                     \
    FIELD(FIELD_OFFSET, "field_offsets[]", "i", 'i')                                               \
    FIELD(FIELD_OFFSET_COUNT, "field_offsets[#]", "", 'i')                                         \
    FIELD(NUMBER_OF_FIELD_OFFSETS, "number_of_field_offsets", "", 'i')

#define LAZ_DOTNET_FIELD_ID(ID, name, args, result) LAZ_DOTNET_##ID,
enum laz_dotnet_field { LAZ_DOTNET_FIELDS(LAZ_DOTNET_FIELD_ID) LAZ_DOTNET_FIELDS_END };
#undef LAZ_DOTNET_FIELD_ID

#endif

"""Checks events with the libraries of others. The first argument says what to do: `schema` prints the
JSON Schema that OCSF 1.8 has for our events; `cloudevents` reads an event from each line of standard
input, and answers with its attributes or the error, in a line of JSON."""

import json
import sys


def schema():
    from ocsf_json_schema import get_ocsf_schema
    from ocsf_json_schema.embedded import OcsfJsonSchemaEmbedded

    schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.8.0"))
    print(json.dumps(schemas.get_class_schema("api_activity", ["ai_operation", "security_control"])))


def cloudevents():
    from cloudevents.core.formats.json import JSONFormat
    from cloudevents.core.v1.event import CloudEvent

    for line in sys.stdin:
        try:
            event = JSONFormat().read(CloudEvent, line)
            answer = {"attributes": {k: str(v) for k, v in event.get_attributes().items()}}
        except Exception as error:
            answer = {"error": str(error) or type(error).__name__}
        print(json.dumps(answer))


{"schema": schema, "cloudevents": cloudevents}[sys.argv[1]]()

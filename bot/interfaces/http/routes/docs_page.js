"use strict";
// What is tried goes where the page came from, whatever the document says of servers: elsewhere the page may not go.
fetch("openapi.json").then((response) => response.json()).then((spec) => {
  spec.servers = [{ url: new URL(".", location.href).href.replace(/\/$/, "") }];
  SwaggerUIBundle({ spec, dom_id: "#api", deepLinking: true, tryItOutEnabled: true, validatorUrl: null });
});

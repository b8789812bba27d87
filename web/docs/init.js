// Shows /openapi.json with Swagger UI. A file of its own, since the page's policy allows no inline
// script.
'use strict';

SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#documentation',
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,  // no badge made by a server elsewhere
  onComplete: () => {
    const title = document.querySelector('.swagger-ui .info .title');
    if (title) document.title = title.firstChild.textContent;
  },
});

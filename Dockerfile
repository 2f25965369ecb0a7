# syntax=docker/dockerfile:1

# Compiles. The compiler is a platform package among the optional dependencies, so none is left out here.
FROM node:24-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

# What runs needs: no compilers, no test tools, no embedded database.
FROM node:24-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:24-slim
ENV NODE_ENV=production
WORKDIR /app
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
COPY policies /etc/countersign/policies

# A named volume takes its owner from this folder; a bind mount must be writable by uid 1000 (node).
RUN install -d -o node -g node -m 0700 /var/lib/countersign
VOLUME /var/lib/countersign
USER node

# PostgreSQL agents, MySQL agents, HTTP API.
EXPOSE 6432 6306 8080

# /healthz says that the process works; /readyz, for load balancers, that its stores do too.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]

# Run with --init (Compose: init: true), so that somebody reaps what commands for secrets leave behind.
# SIGTERM drains: give it longer than timeouts.drain (30 s) before SIGKILL.
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "/app/dist/main.js"]
CMD ["serve", "--config", "/etc/countersign/countersign.yaml"]

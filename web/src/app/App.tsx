import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { Route, Switch } from "wouter";
import { Account } from "../pages/Account";
import { Audit } from "../pages/Audit";
import { EndpointPage } from "../pages/Endpoint";
import { Endpoints } from "../pages/Endpoints";
import { IncidentPage } from "../pages/Incident";
import { Incidents } from "../pages/Incidents";
import { NotFound } from "../pages/NotFound";
import { Overview } from "../pages/Overview";
import { Quarantine } from "../pages/Quarantine";
import { SignIn } from "../pages/SignIn";
import { Splash } from "../parts/Splash";
import { styleNonce } from "./nonce";
import { SessionProvider, useSession } from "./session";
import { Shell } from "./Shell";
import { schemeManager, theme } from "./theme";

/* The router hands out a part of the address as it stands there. */
function plain(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function Pages() {
  return (
    <Switch>
      <Route path="/" component={Overview} />
      <Route path="/endpoints" component={Endpoints} />
      <Route path="/endpoints/:id">{({ id }) => <EndpointPage key={id} id={plain(id)} />}</Route>
      <Route path="/incidents" component={Incidents} />
      <Route path="/incidents/:id">{({ id }) => <IncidentPage key={id} id={plain(id)} />}</Route>
      <Route path="/quarantine" component={Quarantine} />
      <Route path="/audit" component={Audit} />
      <Route path="/account" component={Account} />
      <Route component={NotFound} />
    </Switch>
  );
}

function Gate() {
  const { standing } = useSession();
  switch (standing) {
    case "asking":
    case "unreachable":
      return <Splash />;
    case "out":
    case "expired":
      return <SignIn />;
    case "in":
      return (
        <Shell>
          <Pages />
        </Shell>
      );
  }
}

export function App() {
  return (
    <MantineProvider
      theme={theme}
      defaultColorScheme="auto"
      colorSchemeManager={schemeManager}
      getStyleNonce={() => styleNonce}
      deduplicateInlineStyles
    >
      <Notifications position="bottom-right" limit={4} containerWidth={380} />
      <SessionProvider>
        <Gate />
      </SessionProvider>
    </MantineProvider>
  );
}

import { CurfewProvider } from '@curfew/react'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { client, queries } from './client'
import { forgetForOthers } from './layout/whose-data'
import { router } from './router'
import './styles.css'

forgetForOthers(client, queries)

const root = document.getElementById('app')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <CurfewProvider client={client}>
        <QueryClientProvider client={queries}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </CurfewProvider>
    </StrictMode>,
  )
}
